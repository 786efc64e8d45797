//! Partner companies, their people, partnerships and their acceptance.

use leadgraph::domain::Archived;
use leadgraph::domain::caller::{Scope, Scopes};
use leadgraph::domain::error::ProblemCode;
use leadgraph::domain::page::PageRequest;
use leadgraph::domain::partnerships::partner_users::Of;
use leadgraph::domain::partnerships::{
    self, Invitation, NewPartnerCompany, NewPartnerUser, NewPartnership, Partner, PartnerType, PartnershipState,
    ResellerSide, partner_companies, partner_users,
};
use uuid::Uuid;

use super::{Ground, forbidden, not_found, only, path, problems, taken, workspace};
use crate::harness::{Case, both};

pub fn cases() -> Vec<Case> {
    vec![
        both(an_invitation_makes_two_sides_of_one_partnership),
        both(an_invitation_is_accepted_once),
        both(what_cannot_be_accepted_is_not_found),
        both(a_partnership_has_a_known_partner),
        both(lists_read_whole_partnerships_in_two_statements),
        both(a_partner_has_each_person_once),
        both(a_website_key_makes_no_partners),
    ]
}

fn company(name: &str) -> NewPartnerCompany {
    NewPartnerCompany {
        name: name.into(),
        domain: Some("partner.example".into()),
        website: None,
        country: None,
    }
}

fn referral(invitation: Invitation) -> NewPartnership {
    NewPartnership {
        partner: Partner::New(company("Them")),
        partner_type: PartnerType::Referral,
        reseller_side: None,
        invitation,
    }
}

async fn an_invitation_makes_two_sides_of_one_partnership(ground: Ground) {
    let (here, there) = (ground.here(), ground.there());
    let resell = NewPartnership {
        partner_type: PartnerType::Reseller,
        reseller_side: Some(ResellerSide::Partner),
        ..referral(Invitation::Invited)
    };
    let invited = partnerships::create(&here, resell).await.unwrap();
    assert_eq!(
        (invited.shared.state, invited.partner_workspace()),
        (PartnershipState::Invited, None)
    );
    let code = invited.invitation().unwrap();
    let joined = partnerships::accept(&there, code, company("Us")).await.unwrap();
    assert_eq!(joined.shared.id, invited.shared.id);
    assert_ne!(joined.side.uuid, invited.side.uuid);
    assert_eq!(joined.partner.name, "Us");
    assert_eq!(
        (joined.partner_workspace(), joined.invitation()),
        (Some(ground.ours.id), None)
    );
    assert_eq!(joined.reseller_side(), Some(ResellerSide::Company));

    let ours = partnerships::by_uuids(&here, &[invited.side.uuid, joined.side.uuid])
        .await
        .unwrap();
    assert_eq!(ours.len(), 1, "the partner's side is its own");
    assert_eq!(ours[0].side, invited.side);
    assert_eq!(
        (ours[0].shared.state, ours[0].shared.version),
        (PartnershipState::Accepted, 2)
    );
    assert_eq!(
        (ours[0].partner_workspace(), ours[0].invitation()),
        (Some(ground.theirs.id), None)
    );
    assert_eq!(ours[0].reseller_side(), Some(ResellerSide::Partner));
    assert_eq!(
        only(partnerships::by_uuids(&there, &[joined.side.uuid]).await.unwrap()),
        joined
    );

    for (workspace, kind, expected) in [
        (&ground.ours, "partnership.created", 1),
        (&ground.ours, "partner_company.created", 1),
        (&ground.ours, "partnership.accepted", 1),
        (&ground.theirs, "partnership.created", 0),
        (&ground.theirs, "partner_company.created", 1),
        (&ground.theirs, "partnership.accepted", 1),
    ] {
        assert_eq!(
            ground.events(workspace, kind).await,
            expected,
            "{} {kind}",
            workspace.name
        );
    }
    let partner = r#"event_type = 'partnership.accepted' AND CAST(actor AS TEXT) LIKE '%"partner"%'"#;
    let told = format!("SELECT workspace_id FROM events WHERE {partner}");
    assert_eq!(
        ground.database.number(&told).await,
        ground.ours.id,
        "who acted there is not told"
    );
}

async fn an_invitation_is_accepted_once(ground: Ground) {
    let invited = partnerships::create(&ground.here(), referral(Invitation::Invited))
        .await
        .unwrap();
    let code = invited.invitation().unwrap();
    let system = ground.system();
    let mut tasks = Vec::new();
    for number in 0..10 {
        let op = system.within(workspace(&system, &number.to_string()).await.id);
        tasks.push(tokio::spawn(async move {
            partnerships::accept(&op, code, company("Us")).await
        }));
    }
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            refused => assert_eq!(not_found(refused), path(&["invitation"])),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(
        ground
            .database
            .number("SELECT count(*) FROM company_partnerships")
            .await,
        2
    );
    assert_eq!(
        ground.database.number("SELECT count(*) FROM partner_companies").await,
        2
    );
    let again = partnerships::accept(&ground.there(), code, company("Us")).await;
    assert_eq!(not_found(again), path(&["invitation"]));
}

async fn what_cannot_be_accepted_is_not_found(ground: Ground) {
    let (here, there) = (ground.here(), ground.there());
    let invited = partnerships::create(&here, referral(Invitation::Invited))
        .await
        .unwrap();
    let kept = partnerships::create(&here, referral(Invitation::Inactive))
        .await
        .unwrap();
    assert_eq!(
        (kept.shared.state, kept.invitation()),
        (PartnershipState::Inactive, None)
    );
    let own = partnerships::accept(&here, invited.shared.uuid, company("Us")).await;
    assert_eq!(not_found(own), path(&["invitation"]));
    for code in [kept.shared.uuid, invited.side.uuid, Uuid::nil()] {
        let refused = partnerships::accept(&there, code, company("Us")).await;
        assert_eq!(not_found(refused), path(&["invitation"]));
    }
    let nameless = partnerships::accept(&there, invited.shared.uuid, company(" ")).await;
    assert_eq!(problems(nameless), [(ProblemCode::Missing, path(&["partner", "name"]))]);
    assert_eq!(ground.events(&ground.theirs, "partner_company.created").await, 0);
}

async fn a_partnership_has_a_known_partner(ground: Ground) {
    let (here, there) = (ground.here(), ground.there());
    let known = partner_companies::create(&here, company("Them")).await.unwrap();
    let with = |uuid| NewPartnership {
        partner: Partner::Existing(uuid),
        ..referral(Invitation::Invited)
    };
    let made = partnerships::create(&here, with(known.uuid)).await.unwrap();
    assert_eq!(made.partner, known);
    let at = path(&["partner", "existing"]);
    assert_eq!(not_found(partnerships::create(&there, with(known.uuid)).await), at);
    assert_eq!(not_found(partnerships::create(&here, with(Uuid::nil())).await), at);
    let bad = NewPartnership {
        partner: Partner::New(company("\0")),
        reseller_side: Some(ResellerSide::Company),
        ..referral(Invitation::Invited)
    };
    let expected = [
        (ProblemCode::Invalid, path(&["partner", "new", "name"])),
        (ProblemCode::Invalid, path(&["resellerSide"])),
    ];
    assert_eq!(problems(partnerships::create(&here, bad).await), expected);
    assert_eq!(ground.events(&ground.ours, "partnership.created").await, 1);
    assert_eq!(
        only(partner_companies::by_uuids(&here, &[known.uuid]).await.unwrap()),
        known
    );
    assert!(
        partner_companies::by_uuids(&there, &[known.uuid])
            .await
            .unwrap()
            .is_empty()
    );
}

async fn lists_read_whole_partnerships_in_two_statements(ground: Ground) {
    let op = ground.here();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(partnerships::create(&op, referral(Invitation::Invited)).await.unwrap());
    }
    made.reverse();
    let before = ground.services.database().statements();
    let page = partnerships::list(&op, Archived::Hidden, PageRequest::first(4))
        .await
        .unwrap();
    assert_eq!(ground.services.database().statements() - before, 2);
    assert_eq!(page.items, made[..4]);
    assert_eq!((page.has_next, page.total), (true, None));
    let counted = PageRequest {
        count: true,
        rows: false,
        ..PageRequest::first(4)
    };
    assert_eq!(
        partnerships::list(&op, Archived::Hidden, counted).await.unwrap().total,
        Some(5)
    );
    assert!(
        partnerships::list(&ground.there(), Archived::Hidden, PageRequest::first(4))
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

async fn a_partner_has_each_person_once(ground: Ground) {
    let (here, there) = (ground.here(), ground.there());
    let one = partner_companies::create(&here, company("One")).await.unwrap();
    let other = partner_companies::create(&here, company("Other")).await.unwrap();
    let person = |company: Uuid, email: &str| NewPartnerUser {
        partner_company: company,
        email: email.into(),
        name: Some(" Jo ".into()),
        user_uuid: Some(Uuid::nil()),
    };
    let jo = partner_users::create(&here, person(one.uuid, "Jo@Example.com"))
        .await
        .unwrap();
    assert_eq!((jo.name.as_deref(), jo.partner_company_id), (Some("Jo"), one.id));
    assert_eq!(
        taken(partner_users::create(&here, person(one.uuid, "jo@example.com")).await),
        path(&["email"])
    );
    let same = partner_users::create(&here, person(other.uuid, "jo@example.com"))
        .await
        .unwrap();
    let foreign = partner_users::create(&there, person(one.uuid, "x@example.com")).await;
    assert_eq!(not_found(foreign), path(&["partnerCompany"]));
    let first = PageRequest::first(9);
    let all = partner_users::list(&here, Of::AllPartners, first).await.unwrap();
    assert_eq!(all.items, [same, jo.clone()]);
    let of_one = partner_users::list(&here, Of::Partner(one.id), first).await.unwrap();
    assert_eq!(only(of_one.items), jo);
    assert!(
        partner_users::list(&there, Of::Partner(one.id), first)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert_eq!(only(partner_users::by_uuids(&here, &[jo.uuid]).await.unwrap()), jo);
    assert_eq!(ground.events(&ground.ours, "partner_user.created").await, 2);
}

async fn a_website_key_makes_no_partners(ground: Ground) {
    let bound = ground.with_scopes(Scopes::READ_WRITE, Some(1));
    assert_eq!(
        forbidden(partnerships::create(&bound, referral(Invitation::Invited)).await),
        Scope::Write
    );
    assert_eq!(
        forbidden(partnerships::accept(&bound, Uuid::nil(), company("Us")).await),
        Scope::Write
    );
    assert_eq!(
        forbidden(partner_companies::create(&bound, company("Us")).await),
        Scope::Write
    );
    let reader = ground.with_scopes(Scopes::READ, None);
    assert_eq!(
        forbidden(partnerships::accept(&reader, Uuid::nil(), company("Us")).await),
        Scope::Write
    );
}
