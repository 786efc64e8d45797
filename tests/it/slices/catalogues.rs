//! Tags, custom fields, attribution sources, campaigns.

use chrono::TimeDelta;
use leadgraph::domain::Archived;
use leadgraph::domain::attribution_sources::{self, NewAttributionSource};
use leadgraph::domain::caller::{Scope, Scopes};
use leadgraph::domain::campaigns::{self, NewCampaign};
use leadgraph::domain::custom_fields::{self, FieldCategory, FieldType, NewCustomField};
use leadgraph::domain::error::ProblemCode;
use leadgraph::domain::page::{Key, PageRequest};
use leadgraph::domain::projects::{self, NewProject};
use leadgraph::domain::tags::{self, NewTag, PartnerType, TagAssociation};
use uuid::Uuid;

use super::{Ground, forbidden, only, path, problems, taken};
use crate::harness::{Case, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(what_is_made_reads_back_and_leaves_an_event),
        both(another_workspace_sees_nothing),
        both(a_label_is_taken_however_it_is_spelled),
        both(of_many_who_want_a_label_one_gets_it),
        both(bad_input_is_refused_before_the_database),
        both(pages_walk_over_equal_times),
        both(scopes_are_asked),
    ]
}

fn tag(label: &str) -> NewTag {
    NewTag {
        label: label.into(),
        association: TagAssociation::Lead,
        partner_type: None,
        background_color: None,
        text_color: None,
    }
}

fn source(label: &str) -> NewAttributionSource {
    NewAttributionSource { label: label.into() }
}

fn field(label: &str, field_type: FieldType, options: &[&str]) -> NewCustomField {
    NewCustomField {
        label: label.into(),
        field_type,
        category: FieldCategory::Lead,
        partner_type: None,
        required: false,
        shared: true,
        options: options.iter().map(|&option| option.into()).collect(),
    }
}

fn campaign(title: &str) -> NewCampaign {
    NewCampaign {
        title: title.into(),
        starts_at: None,
        ends_at: None,
    }
}

async fn what_is_made_reads_back_and_leaves_an_event(ground: Ground) {
    let op = ground.here();
    let tag = tags::create(&op, tag("  Hot  ")).await.unwrap();
    assert_eq!(
        (tag.label.as_str(), tag.background_color.as_str(), tag.version),
        ("Hot", "#6B7280", 1)
    );
    assert_eq!(only(tags::by_uuids(&op, &[tag.uuid, Uuid::nil()]).await.unwrap()), tag);

    let source = attribution_sources::create(&op, source("Trade Show")).await.unwrap();
    assert_eq!(
        only(attribution_sources::by_uuids(&op, &[source.uuid]).await.unwrap()),
        source
    );

    let starts = op.now();
    let dated = NewCampaign {
        starts_at: Some(starts),
        ends_at: Some(starts + TimeDelta::days(1)),
        ..campaign("Spring")
    };
    let campaign = campaigns::create(&op, dated).await.unwrap();
    assert_eq!(
        only(campaigns::by_uuids(&op, &[campaign.uuid]).await.unwrap()),
        campaign
    );

    let size = field("Size", FieldType::Select, &["Small", "Big"]);
    let size = custom_fields::create(&op, size).await.unwrap();
    let notes = custom_fields::create(&op, field("Notes", FieldType::Textarea, &[]))
        .await
        .unwrap();
    assert_eq!(only(custom_fields::by_uuids(&op, &[size.uuid]).await.unwrap()), size);
    let options = custom_fields::options_of(&op, &[notes.id, size.id]).await.unwrap();
    let options: Vec<_> = options
        .iter()
        .map(|o| (o.custom_field_id, o.option_no, o.label.as_str()))
        .collect();
    assert_eq!(options, [(size.id, 1, "Small"), (size.id, 2, "Big")]);

    for (kind, expected) in [
        ("tag.created", 1),
        ("attribution_source.created", 1),
        ("campaign.created", 1),
        ("custom_field.created", 2),
    ] {
        assert_eq!(ground.events(&ground.ours, kind).await, expected, "{kind}");
        assert_eq!(ground.events(&ground.theirs, kind).await, 0, "{kind}");
    }
}

async fn another_workspace_sees_nothing(ground: Ground) {
    let (here, there) = (ground.here(), ground.there());
    let request = PageRequest {
        count: true,
        ..PageRequest::first(10)
    };
    let theirs = tags::create(&there, tag("Hot")).await.unwrap();
    assert!(tags::by_uuids(&here, &[theirs.uuid]).await.unwrap().is_empty());
    let page = tags::list(&here, Archived::Hidden, request).await.unwrap();
    assert_eq!((page.items.len(), page.total), (0, Some(0)));
    let theirs = custom_fields::create(&there, field("Size", FieldType::Select, &["S"]))
        .await
        .unwrap();
    assert!(custom_fields::options_of(&here, &[theirs.id]).await.unwrap().is_empty());
    // Nor does it stand in the way.
    tags::create(&here, tag("Hot")).await.unwrap();
}

async fn a_label_is_taken_however_it_is_spelled(ground: Ground) {
    let op = ground.here();
    tags::create(&op, tag("Ärger")).await.unwrap();
    assert_eq!(taken(tags::create(&op, tag("ÄRGER ")).await), path(&["label"]));
    let other = NewTag {
        partner_type: Some(PartnerType::Referral),
        ..tag("Ärger")
    };
    tags::create(&op, other).await.unwrap();
    let other = NewTag {
        association: TagAssociation::Card,
        ..tag("Ärger")
    };
    tags::create(&op, other).await.unwrap();
    attribution_sources::create(&op, source("Messe")).await.unwrap();
    assert_eq!(
        taken(attribution_sources::create(&op, source("messe")).await),
        path(&["label"])
    );
    assert_eq!(ground.events(&ground.ours, "tag.created").await, 3);
    assert_eq!(ground.events(&ground.ours, "attribution_source.created").await, 1);
}

async fn of_many_who_want_a_label_one_gets_it(ground: Ground) {
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let op = ground.here();
            tokio::spawn(async move { tags::create(&op, tag("Wanted")).await })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            refused => assert_eq!(taken(refused), path(&["label"])),
        }
    }
    assert_eq!((made, ground.events(&ground.ours, "tag.created").await), (1, 1));
}

async fn bad_input_is_refused_before_the_database(ground: Ground) {
    let op = ground.here();
    let bad = NewTag {
        background_color: Some("red".into()),
        ..tag("a\0b")
    };
    let expected = [
        (ProblemCode::Invalid, path(&["label"])),
        (ProblemCode::Invalid, path(&["backgroundColor"])),
    ];
    assert_eq!(problems(tags::create(&op, bad).await), expected);
    let backwards = NewCampaign {
        starts_at: Some(op.now()),
        ends_at: Some(op.now() - TimeDelta::seconds(1)),
        ..campaign(" ")
    };
    let expected = [
        (ProblemCode::Missing, path(&["title"])),
        (ProblemCode::Invalid, path(&["endsAt"])),
    ];
    assert_eq!(problems(campaigns::create(&op, backwards).await), expected);
    let optionless = field("Size", FieldType::MultiSelect, &[]);
    let expected = [(ProblemCode::Missing, path(&["options"]))];
    assert_eq!(problems(custom_fields::create(&op, optionless).await), expected);
}

async fn pages_walk_over_equal_times(ground: Ground) {
    let op = ground.here();
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(
            campaigns::create(&op, campaign(&number.to_string()))
                .await
                .unwrap()
                .uuid,
        );
    }
    made.reverse();
    let mut walked = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest {
            after,
            count: true,
            ..PageRequest::first(3)
        };
        let page = campaigns::list(&op, Archived::Hidden, request).await.unwrap();
        assert_eq!(page.total, Some(7));
        walked.extend(page.items.iter().map(|campaign| campaign.uuid));
        after = page.items.last().map(|last| Key {
            created_at: last.created_at,
            id: last.id,
        });
        if !page.has_next {
            break;
        }
    }
    assert_eq!(walked, made);
}

async fn scopes_are_asked(ground: Ground) {
    let reader = ground.with_scopes(Scopes::READ, None);
    assert_eq!(forbidden(tags::create(&reader, tag("a")).await), Scope::Write);
    let writer = ground.with_scopes(
        Scopes {
            write: true,
            ..Scopes::default()
        },
        None,
    );
    assert_eq!(
        forbidden(tags::list(&writer, Archived::Hidden, PageRequest::first(1)).await),
        Scope::Read
    );
    assert_eq!(forbidden(tags::by_uuids(&writer, &[]).await), Scope::Read);
    assert_eq!(forbidden(custom_fields::options_of(&writer, &[]).await), Scope::Read);
    tags::create(&writer, tag("a")).await.unwrap();
    // A website's key reads the catalogues and leaves them as they are.
    let new = NewProject {
        name: "Site".into(),
        public_id: None,
    };
    let site = projects::create(&ground.here(), new).await.unwrap();
    let bound = ground.with_scopes(Scopes::ALL, Some(site.id));
    assert_eq!(
        tags::list(&bound, Archived::Hidden, PageRequest::first(9))
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(forbidden(tags::create(&bound, tag("b")).await), Scope::Write);
    assert_eq!(
        forbidden(attribution_sources::create(&bound, source("b")).await),
        Scope::Write
    );
    assert_eq!(forbidden(campaigns::create(&bound, campaign("b")).await), Scope::Write);
    let text = field("b", FieldType::Text, &[]);
    assert_eq!(forbidden(custom_fields::create(&bound, text).await), Scope::Write);
}
