//! The demo is a stranger's first minute: what it prints works as pasted, and the documented requests work against it.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::binary::{bare_command, output, scratch_file};
use crate::harness::{Answer, Binary, Case, find_program, once};
use crate::journeybee::{DUPLICATE, MISSING, is_refused};
use crate::leadtrackr;

pub fn cases() -> Vec<Case> {
    vec![
        once(the_printed_commands_work_as_pasted).needs(&["curl"]),
        once(the_documented_requests_work_with_curl_and_php).needs(&["curl"]),
        once(the_documented_requests_work_from_javascript).needs(&["node"]),
        once(the_demo_is_for_this_machine_alone_unless_told_otherwise),
    ]
}

pub struct Demo {
    pub server: Binary,
    info: Value,
}

pub async fn demo() -> Demo {
    let file = scratch_file("demo.json");
    let command = bare_command(&["serve", "--demo", "--demo-info", file.to_str().unwrap()]);
    let server = Binary::start(command).await;
    let info: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(info["url"], server.url(""));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    Demo { server, info }
}

impl Demo {
    /// What a query of the owner's answers.
    pub async fn ask(&self, query: &str) -> Value {
        let bearer = format!("Bearer {}", self.text("/token"));
        let body = json!({ "query": query });
        self.server
            .post("/graphql", ("authorization", &bearer), &body)
            .await
            .data()
    }

    /// A member of the sheet.
    pub fn text(&self, path: &str) -> &str {
        self.info
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {path}: {}", self.info))
    }

    fn leadtrackr_body(&self) -> Value {
        leadtrackr::reference(self.text("/project/publicId"))
    }

    async fn post(&self, door: Door, body: &Value) -> Answer {
        let (path, header, value) = self.door(door);
        self.server.post(path, (header, &value), body).await
    }

    fn door(&self, door: Door) -> (&'static str, &'static str, String) {
        let key = self.text("/apiKey");
        match door {
            Door::Leadtrackr => ("/api/leads/createServerSideLead", "X-API-Key", key.to_owned()),
            Door::Journeybee => ("/api/v1/leads", "Authorization", format!("Bearer {key}")),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Leadtrackr,
    Journeybee,
}

/// The documented example, with its very ids.
fn journeybee_body() -> Value {
    json!({
        "company_name": "TechCorp Solutions", "email": "contact@techcorp.com", "phone_number": "+1-555-123-4567",
        "first_name": "John", "last_name": "Smith", "source": "partnership", "associationType": "referral",
        "partnershipLead": {
            "partnership_id": 456, "partners_company_id": 234, "company_partnerships_id": 789,
            "sendToPartner": true, "partnerUsers": [567, 890]
        },
        "tags": [10, 11],
        "customFields": [
            {"customFieldId": 5, "type": "number", "value": {"number": 100_000}},
            {"customFieldId": 6, "type": "text", "value": {"text": "High-value prospect from referral"}}
        ],
        "attributions": [{"id": 3, "attributedDate": "2024-01-15T10:30:00Z"}]
    })
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

async fn the_printed_commands_work_as_pasted() {
    let demo = demo().await;
    let printed = demo.server.log();
    let mut commands: Vec<String> = Vec::new();
    for line in printed.lines() {
        if line.starts_with("curl ") {
            commands.push(String::new());
        }
        let open = commands
            .last()
            .is_some_and(|command| command.matches('\'').count() % 2 == 1 || command.ends_with("\\\n"));
        if line.starts_with("curl ") || open {
            let command = commands.last_mut().unwrap();
            command.push_str(line);
            command.push('\n');
        }
    }
    assert_eq!(commands.len(), 3, "{printed}");
    let answers: Vec<Value> = commands
        .iter()
        .map(|command| {
            serde_json::from_str(&run("sh", &["-c", command])).unwrap_or_else(|error| panic!("{error}: {command}"))
        })
        .collect();
    assert_eq!(answers[0]["message"], "Lead created successfully", "{}", answers[0]);
    assert!(answers[1]["partnershipLeadId"].is_i64(), "{}", answers[1]);
    let leads = answers[2]["data"]["leads"]["nodes"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", answers[2]));
    assert!(
        leads.iter().any(|lead| lead["email"] == "jane@example.com"),
        "{leads:?}"
    );
    let partners = leads
        .iter()
        .find(|lead| lead["email"] == "contact@techcorp.com")
        .unwrap();
    assert_eq!(partners["tags"].as_array().unwrap().len(), 2);
    assert_eq!(partners["customFieldValues"].as_array().unwrap().len(), 2);
    assert!(
        answers[2]["data"]["leads"]["totalCount"].as_i64().unwrap() > 100,
        "believable data"
    );
    for path in ["/graphiql", "/", "/healthz", "/readyz"] {
        let page = demo.server.client().get(demo.server.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
    }
}

async fn the_documented_requests_work_with_curl_and_php() {
    let demo = demo().await;
    let url = demo.server.url("/api/leads/createServerSideLead");
    let key = format!("X-API-Key: {}", demo.text("/apiKey"));
    let body = demo.leadtrackr_body().to_string();
    let curl = [
        "-sS",
        "-w",
        "\n%{http_code}",
        "-X",
        "POST",
        &url,
        "-H",
        "Content-Type: application/json",
        "-H",
        &key,
        "-d",
    ];
    let posted = run("curl", &[&curl[..], &[&body]].concat());
    let (text, status) = posted.rsplit_once('\n').unwrap();
    let created: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        (status, &created["message"]),
        ("201", &json!("Lead created successfully")),
        "{text}"
    );
    assert_eq!(created["uniqueIdentifier"], "crm-lead-789");

    // The third sample is the same request with less in it.
    let mut less = demo.leadtrackr_body();
    less.as_object_mut().unwrap().remove("deviceData");
    less["attributionData"].as_object_mut().unwrap().remove("fbp");
    less["formData"].as_object_mut().unwrap().remove("formMessage");
    let less = less.to_string();
    let updated = if find_program("php").is_some() {
        let script = format!(
            r#"$c = curl_init("{url}"); curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_POST => true,
               CURLOPT_HTTPHEADER => ["Content-Type: application/json", "{key}"],
               CURLOPT_POSTFIELDS => json_encode(json_decode('{less}', true))]); echo curl_exec($c);"#
        );
        run("php", &["-r", &script])
    } else {
        run(
            "curl",
            &[
                "-sS",
                &url,
                "-H",
                "Content-Type: application/json",
                "-H",
                &key,
                "-d",
                &less,
            ],
        )
    };
    let updated: Value = serde_json::from_str(&updated).unwrap();
    assert_eq!(updated["message"], "Lead updated successfully");
    assert_eq!(updated["leadId"], created["leadId"]);

    let registered = demo.post(Door::Journeybee, &journeybee_body()).await.expect(201).json();
    let names: Vec<&String> = registered.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    is_refused(
        &demo.post(Door::Journeybee, &journeybee_body()).await,
        409,
        DUPLICATE,
        "again",
    );
    let sample = json!({"email": "lead@company.com", "company_name": "Lead Company"});
    is_refused(
        &demo.post(Door::Journeybee, &sample).await,
        406,
        MISSING,
        "the authentication sample",
    );
}

async fn the_documented_requests_work_from_javascript() {
    let demo = demo().await;
    let mut form = demo.leadtrackr_body();
    form.as_object_mut().unwrap().remove("deviceData");
    let sample = json!({"email": "lead@company.com", "company_name": "Lead Company"});
    let posts = [
        (Door::Leadtrackr, form, 201),
        (Door::Journeybee, journeybee_body(), 201),
        (Door::Journeybee, journeybee_body(), 409),
        (Door::Journeybee, sample, 406),
    ];
    for (door, body, expected) in posts {
        let (path, header, value) = demo.door(door);
        let script = format!(
            "const response = await fetch({url}, {{ method: 'POST',
               headers: {{ 'Content-Type': 'application/json', {header}: {value} }}, body: JSON.stringify({body}) }});
             console.log(JSON.stringify({{ status: response.status, body: await response.json() }}));",
            url = json!(demo.server.url(path)),
            header = json!(header),
            value = json!(value),
        );
        let answer: Value = serde_json::from_str(&run("node", &["--input-type=module", "-e", &script])).unwrap();
        assert_eq!(answer["status"], expected, "{answer}");
    }
}

async fn the_demo_is_for_this_machine_alone_unless_told_otherwise() {
    let refused = output(&mut bare_command(&["serve", "--demo", "--listen", "0.0.0.0:0"]));
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("--demo-public"), "{said}");
}
