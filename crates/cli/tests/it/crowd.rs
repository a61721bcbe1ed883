//! Several agents on one graph, each with a server of its own, one of which is killed.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    thread,
};

use serde_json::{Value, json};

use crate::{
    served::Served,
    world::{BACKENDS, World},
};

/// How many servers there are.
const SERVERS: usize = 4;

/// How many memories each is asked to store.
const STORES: usize = 500;

/// How many requests an agent has under way at once.
const AT_ONCE: usize = 8;

/// What is stored, as far as the asking side knows it.
type Text = (String, String);

/// Title and content of one memory. The content is long enough to be torn, and nobody else's.
fn text(server: usize, number: usize) -> Text {
    let title = format!("Server {server}, memory {number}");
    let content = format!("What server {server} learned the {number}th time. ").repeat(20);
    (title, content.trim_end().to_owned())
}

/// An agent with its server.
struct Agent {
    server: usize,
    served: Served,
}

impl Agent {
    fn start(world: &World, backend: &str, server: usize) -> Self {
        let served = Served::start(world, &["serve", "--backend", backend]);
        Self { server, served }
    }

    fn stores(&mut self, number: usize) {
        let (title, content) = text(self.server, number);
        let memory = json!({"type": "fix", "title": title, "content": content});
        let params = json!({"name": "store_memory", "arguments": memory});
        self.served.requests(number, "tools/call", &params);
    }

    /// Stores until all is stored, or until the server is killed, which is when it acknowledged
    /// `lifetime` memories. Returns the ids that were acknowledged, and what was asked for.
    fn works(mut self, lifetime: usize) -> (HashMap<String, Text>, HashSet<Text>) {
        let mut asked = 0;
        let mut acknowledged = HashMap::new();
        let mut is_killed = false;
        while acknowledged.len() < STORES {
            while !is_killed && asked < STORES && asked < acknowledged.len() + AT_ONCE {
                self.stores(asked);
                asked += 1;
            }
            let Some(answer) = self.served.hears() else {
                break;
            };
            let memory = &answer["result"]["structuredContent"]["memory"];
            let id = memory["id"].as_str().unwrap_or_else(|| panic!("{answer}"));
            let number = usize::try_from(answer["id"].as_u64().unwrap()).unwrap();
            let before = acknowledged.insert(id.to_owned(), text(self.server, number));
            assert_eq!(before, None, "{id} is acknowledged twice");
            if acknowledged.len() == lifetime {
                self.served.process.kill().unwrap();
                is_killed = true;
            }
        }
        drop(self.served.to_server.take());
        let ended = self.served.process.wait().unwrap();
        assert_eq!(ended.success(), !is_killed, "server {}", self.server);
        let asked = (0..asked).map(|number| text(self.server, number));
        (acknowledged, asked.collect())
    }
}

/// The memories of the graph by their ids, as an export tells them.
fn kept(world: &World, backend: &str) -> HashMap<String, Text> {
    let lines = world.succeeds(&["export", "--backend", backend]);
    let memories = lines.lines().filter_map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        let memory = record.get("memory")?;
        let field = |name: &str| memory[name].as_str().unwrap().to_owned();
        Some((field("id"), (field("title"), field("content"))))
    });
    memories.collect()
}

#[test]
fn what_is_acknowledged_by_four_servers_of_one_graph_is_kept_though_one_is_killed() {
    for (seed, backend) in BACKENDS.iter().enumerate() {
        let below = |what: &str, end: usize| {
            let mut hasher = DefaultHasher::new();
            (seed, what).hash(&mut hasher);
            usize::try_from(hasher.finish() % end as u64).unwrap()
        };
        let killed = below("server", SERVERS);
        // Early enough that more is under way.
        let lifetime = 1 + below("acknowledged", STORES - AT_ONCE);

        let world = World::new();
        // All of them make the file at the same time.
        let (acknowledged, asked) = thread::scope(|scope| {
            let servers: Vec<_> = (0..SERVERS)
                .map(|server| {
                    let lifetime = if server == killed {
                        lifetime
                    } else {
                        usize::MAX
                    };
                    let world = &world;
                    scope.spawn(move || Agent::start(world, backend, server).works(lifetime))
                })
                .collect();
            let mut acknowledged = HashMap::new();
            let mut asked = HashSet::new();
            for (server, worked) in servers.into_iter().enumerate() {
                let (ids, texts) = worked.join().unwrap();
                if server == killed {
                    assert!(lifetime <= ids.len() && ids.len() < STORES);
                } else {
                    assert_eq!(ids.len(), STORES, "server {server} on {backend}");
                }
                acknowledged.extend(ids);
                asked.extend(texts);
            }
            (acknowledged, asked)
        });

        let kept = kept(&world, backend);
        for (id, text) in &acknowledged {
            assert_eq!(kept.get(id), Some(text), "{id} on {backend}");
        }
        let texts: HashSet<&Text> = kept.values().collect();
        assert_eq!(texts.len(), kept.len(), "a memory is doubled on {backend}");
        for text in texts {
            assert!(asked.contains(text), "{text:?} on {backend}");
        }
        let health = world.json(&["health", "--backend", backend]);
        assert_eq!(health["findings"], json!([]), "{health}");
        assert_eq!(health["memories"], kept.len());
        // The words of the last acknowledged memory lead to it.
        let survivor = (killed + 1) % SERVERS;
        let (title, _) = text(survivor, STORES - 1);
        let hits = world.json(&["search", &title, "--backend", backend]);
        let titles = hits["items"].as_array().unwrap().iter();
        let titles: Vec<_> = titles.map(|hit| &hit["memory"]["title"]).collect();
        assert!(titles.contains(&&json!(title)), "{titles:?}");
    }
}
