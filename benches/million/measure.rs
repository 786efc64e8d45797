//! Asks a running server and reads from /proc what each answer cost it and its database, in CPU time: wall clocks say
//! little on a busy machine.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::workloads::{Known, Workload, workloads};

#[derive(clap::Args)]
pub struct Arguments {
    /// The server, such as http://127.0.0.1:8080
    #[arg(long)]
    url: String,
    /// The key that `fill` printed
    #[arg(long)]
    key: String,
    /// The server's process
    #[arg(long)]
    server: u32,
    /// PostgreSQL's first process; the work of all its children counts
    #[arg(long)]
    postgres: Option<u32>,
    /// Only workloads whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// How long each workload is asked, in seconds
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// Questions of one workload at most.
const MOST: u32 = 2000;
/// Rows before the deep page.
const DEEP: usize = 50_000;

pub async fn measure(arguments: Arguments) -> Result<(), String> {
    let door = Door::new(&arguments.url, &arguments.key)?;
    let known = door.learn().await?;
    println!(
        "{:32} {:>9} {:>12} {:>12} {:>12}",
        "workload", "requests", "server ms", "database ms", "wall ms"
    );
    for workload in workloads(&known) {
        if workload.name.contains(&arguments.only) {
            println!("{}", line(&door, &arguments, &workload).await);
        }
    }
    Ok(())
}

async fn line(door: &Door, arguments: &Arguments, workload: &Workload) -> String {
    let name = workload.name;
    // The first one is not counted: it warms caches and prepares statements.
    if let Err(problem) = door.ask(&workload.query, &workload.variables).await {
        return format!("{name:32} {problem}");
    }
    let before = (cpu_of(arguments.server), arguments.postgres.map(cpu_of_family));
    let started = Instant::now();
    let mut requests = 0;
    while requests < MOST && started.elapsed().as_secs_f64() < arguments.seconds {
        if let Err(problem) = door.ask(&workload.query, &workload.variables).await {
            return format!("{name:32} {problem}");
        }
        requests += 1;
    }
    let each = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(requests);
    let server = each(cpu_of(arguments.server).saturating_sub(before.0));
    let database = match (arguments.postgres, before.1) {
        (Some(process), Some(before)) => format!("{:.2}", each(cpu_of_family(process).saturating_sub(before))),
        _ => "in it".to_owned(),
    };
    format!(
        "{name:32} {requests:9} {server:12.2} {database:>12} {:12.2}",
        each(started.elapsed())
    )
}

/// A server and who asks it.
pub struct Door {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Door {
    pub fn new(url: &str, key: &str) -> Result<Self, String> {
        let client = reqwest::Client::builder().no_proxy().build();
        Ok(Self {
            client: client.map_err(|error| error.to_string())?,
            url: format!("{}/graphql", url.trim_end_matches('/')),
            key: key.to_owned(),
        })
    }

    pub async fn ask(&self, query: &str, variables: &Value) -> Result<Value, String> {
        let body = json!({"query": query, "variables": variables});
        let request = self.client.post(&self.url).header("x-api-key", &self.key).json(&body);
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let text = answer.text().await.map_err(|error| error.to_string())?;
        let mut answer: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        match answer.get("errors") {
            Some(errors) => Err(errors.to_string()),
            None => Ok(answer["data"].take()),
        }
    }

    /// The ids that the questions need.
    pub async fn learn(&self) -> Result<Known, String> {
        let query =
            "{ tags { nodes { id label } } attributionSources { nodes { id label } } campaigns { nodes { id title } }
            customFields { nodes { id label options { id label } } } leads(first: 1) { nodes { id } } }";
        let data = self.ask(query, &json!({})).await?;
        let named = |list: &str, key: &str, name: &str| {
            let nodes = data[list]["nodes"].as_array().into_iter().flatten();
            let mut found = nodes.filter(|node| node[key] == name);
            found
                .next()
                .cloned()
                .ok_or_else(|| format!("there is no {name}; was this made by `fill`?"))
        };
        let id = |node: &Value| node["id"].as_str().unwrap_or_default().to_owned();
        let plan = named("customFields", "label", "Plan")?;
        Ok(Known {
            tag: id(&named("tags", "label", "Tag 3")?),
            rare_tag: id(&named("tags", "label", "Tag 19")?),
            source: id(&named("attributionSources", "label", "Source 5")?),
            campaign: id(&named("campaigns", "title", "Campaign 7")?),
            budget: id(&named("customFields", "label", "Budget")?),
            plan_option: id(&plan["options"][1]),
            plan: id(&plan),
            lead: id(&data["leads"]["nodes"][0]),
            deep: self.deep_cursor().await?,
        })
    }

    async fn deep_cursor(&self) -> Result<String, String> {
        let query = "query($after: String) { leads(first: 100, after: $after) { pageInfo { endCursor hasNextPage } } }";
        let mut after = Value::Null;
        for _ in 0..DEEP / 100 {
            let mut data = self.ask(query, &json!({"after": after})).await?;
            let page = &mut data["leads"]["pageInfo"];
            after = page["endCursor"].take();
            if page["hasNextPage"] == false {
                break;
            }
        }
        Ok(after.as_str().unwrap_or_default().to_owned())
    }
}

/// The CPU time of a process and of all it has started and outlived.
fn cpu_of(process: u32) -> Duration {
    ticks(&Path::new("/proc").join(process.to_string()))
}

/// [`cpu_of`], with its children that are running.
fn cpu_of_family(process: u32) -> Duration {
    let parent = format!("{process}");
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = entries
        .map(|entry| entry.path())
        .filter(|path| fields(path).get(1) == Some(&parent));
    children.map(|path| ticks(&path)).sum::<Duration>() + cpu_of(process)
}

/// The fields of `stat` after the name of the program, which may hold blanks.
fn fields(process: &Path) -> Vec<String> {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    after.split_whitespace().map(str::to_owned).collect()
}

/// User and system time, its own and of children that have ended, in hundredths of a second.
fn ticks(process: &Path) -> Duration {
    let fields = fields(process);
    let ticks: u64 = (11..15)
        .filter_map(|field| fields.get(field)?.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
