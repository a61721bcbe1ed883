use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Part, Step,
    client::{CLIENTS, Client},
    document::{self, Format, Lenience},
    entry::{NAME, Server},
    json, toml,
};

fn client(name: &str) -> &'static Client {
    CLIENTS.iter().find(|client| client.name == name).unwrap()
}

fn server(path: &str) -> Server {
    Server {
        command: path.to_owned(),
        arguments: vec!["serve".to_owned()],
        environment: Vec::new(),
    }
}

fn step(client: &'static Client) -> Step {
    Step {
        client,
        part: Part::Entry,
        path: "settings".into(),
    }
}

/// Files as people have them: with other entries, in orders and with spaces of their own, and with
/// comments where the client reads them.
fn fixtures(client: &Client) -> Vec<String> {
    let servers = client.servers;
    let plain = format!(
        "{{\n    \"zoom\": 1.50,\n    \"{servers}\": {{\n        \"other\": {{ \"command\": \"o\", \"args\": [ \"x\" ] }}\n    }},\n    \"a\": [1,2,  3]\n}}\n"
    );
    let mut fixtures = match client.format {
        Format::Own => return vec![String::new()],
        Format::Toml => vec![
            String::new(),
            "# mine\nmodel = \"o9\" # best\n\n[mcp_servers.other]\ncommand = 'o' # the other\nenv = { A = \"1\" }\n\n# the end\n".to_owned(),
            "[mcp_servers.z]\r\ncommand = \"z\"\r\n\r\n[tui]\r\ntheme = \"dark\"\r\n".to_owned(),
            "# only a comment".to_owned(),
            "[[hooks]]\nname = \"a\"\n\n[mcp_servers]\n".to_owned(),
        ],
        Format::Json(_) => vec![
            String::new(),
            "{}".to_owned(),
            "{ \"theme\": \"dark\" }".to_owned(),
            format!("{{\"{servers}\":{{}}}}\n"),
            plain.replace('\n', "\r\n"),
            format!("\u{feff}{plain}"),
            plain.replace("    ", "\t"),
            plain,
        ],
    };
    if let Format::Json(Lenience::Comments | Lenience::Full) = client.format {
        fixtures.push(format!(
            "// mine\n{{\n  /* first */ \"{servers}\": {{\n    // the other\n    \"other\": {{ \"command\": \"o\" }} // here\n    // last\n  }}\n}}\n// end\n"
        ));
    }
    if client.format == Format::Json(Lenience::Full) {
        fixtures.push(format!(
            "{{\n  \"{servers}\": {{\n    \"other\": {{\n      \"command\": \"o\", // why\n    }},\n  }}, // them\n}}\n"
        ));
    }
    fixtures
}

#[test]
fn every_client_has_its_first_bytes_back_after_an_uninstall() {
    for client in &CLIENTS {
        for before in fixtures(client) {
            let (old, new) = (server("/old/memorygraph"), server("/new/memorygraph"));
            let installed = document::put(&before, client, &old).unwrap();
            assert!(document::has(&installed, client).unwrap());
            let again = document::put(&installed, client, &old).unwrap();
            assert_eq!(again, installed, "{}: {before:?}", client.name);
            let newer = document::put(&installed, client, &new).unwrap();
            assert!(newer.contains("/new/memorygraph") && !newer.contains("/old/"));
            let file = (!before.is_empty()).then(|| before.clone());
            for text in [&installed, &newer] {
                let back = step(client).undo(text, file.clone(), &new).unwrap();
                assert_eq!(back, file, "{}: {text}", client.name);
            }
        }
    }
}

#[test]
fn without_a_copy_of_the_first_bytes_everything_but_the_entry_stays() {
    for client in &CLIENTS {
        for before in fixtures(client)
            .iter()
            .filter(|text| text.contains("other"))
        {
            let installed = document::put(before, client, &server("/m")).unwrap();
            let back = document::remove(&installed, client).unwrap();
            assert_eq!(back.as_deref(), Some(before.as_str()), "{}", client.name);
        }
    }
}

#[test]
fn the_entries_are_those_that_the_clients_document() {
    let server = Server {
        environment: vec![("MEMORY_BACKEND".to_owned(), "turso".to_owned())],
        ..server("/bin/memorygraph")
    };
    let plain = json!({
        "command": "/bin/memorygraph", "args": ["serve"], "env": {"MEMORY_BACKEND": "turso"}
    });
    let typed = json!({
        "type": "stdio",
        "command": "/bin/memorygraph", "args": ["serve"], "env": {"MEMORY_BACKEND": "turso"}
    });
    let opencode = json!({
        "type": "local", "command": ["/bin/memorygraph", "serve"],
        "environment": {"MEMORY_BACKEND": "turso"}
    });
    for (name, key, entry) in [
        ("claude-code", "mcpServers", &typed),
        ("claude-desktop", "mcpServers", &plain),
        ("cursor", "mcpServers", &plain),
        ("vscode", "servers", &typed),
        ("windsurf", "mcpServers", &plain),
        ("cline", "mcpServers", &plain),
        ("gemini", "mcpServers", &plain),
        ("codex", "mcp_servers", &plain),
        ("zed", "context_servers", &plain),
        ("opencode", "mcp", &opencode),
    ] {
        let text = document::put("", client(name), &server).unwrap();
        let value = match client(name).format {
            Format::Toml => toml::value(&text),
            _ => json::value(&text, Lenience::Strict),
        };
        assert_eq!(value.unwrap(), json!({ key: { NAME: entry } }), "{name}");
    }
    let own = document::put("", client("continue"), &server).unwrap();
    assert_eq!(
        own,
        "name: MemoryGraph\nversion: 0.0.1\nschema: v1\nmcpServers:\n  - name: memorygraph\n    \
         command: \"/bin/memorygraph\"\n    args:\n      - \"serve\"\n    env:\n      \
         MEMORY_BACKEND: \"turso\"\n"
    );
}

#[test]
fn what_others_wrote_into_the_entry_stays() {
    let server = Server {
        environment: vec![("MEMORY_BACKEND".to_owned(), "turso".to_owned())],
        ..server("/new")
    };
    let before = "{\"mcpServers\": {\"memorygraph\": {\"command\": \"/old\", \"disabled\": true, \
                  \"env\": {\"A\": \"1\"}}}}";
    let after = document::put(before, client("cline"), &server).unwrap();
    let entry = json!({
        "command": "/new", "disabled": true, "args": ["serve"],
        "env": {"A": "1", "MEMORY_BACKEND": "turso"}
    });
    let value = json::value(&after, Lenience::Strict).unwrap();
    assert_eq!(value["mcpServers"][NAME], entry);
    let before = "[mcp_servers.memorygraph]\ncommand = \"/old\" # mine\nenabled = false\n\n\
                  [mcp_servers.memorygraph.env]\nA = \"1\"\n";
    let after = document::put(before, client("codex"), &server).unwrap();
    let entry = json!({
        "command": "/new", "enabled": false, "args": ["serve"],
        "env": {"A": "1", "MEMORY_BACKEND": "turso"}
    });
    assert_eq!(toml::value(&after).unwrap()["mcp_servers"][NAME], entry);
    assert!(after.contains("\"/new\" # mine"), "{after}");
    assert_eq!(
        document::remove(&after, client("codex")),
        Ok(Some(String::new()))
    );
}

#[test]
fn newer_files_of_opencode_have_the_servers_one_level_deeper() {
    let opencode = client("opencode");
    let newer = "{\"mcp\": {\"servers\": {\"other\": {\"type\": \"remote\", \"url\": \"u\"}}}}";
    let after = document::put(newer, opencode, &server("/m")).unwrap();
    let value = json::value(&after, Lenience::Strict).unwrap();
    assert_eq!(
        value["mcp"]["servers"][NAME]["command"],
        json!(["/m", "serve"])
    );
    // Somebody may call a server so.
    let named = "{\"mcp\": {\"servers\": {\"type\": \"local\", \"command\": [\"s\"]}}}";
    let after = document::put(named, opencode, &server("/m")).unwrap();
    let value = json::value(&after, Lenience::Strict).unwrap();
    assert_eq!(value["mcp"][NAME]["command"], json!(["/m", "serve"]));
}

#[test]
fn a_table_that_is_not_written_out_gets_the_entry_too() {
    let codex = client("codex");
    for before in [
        "mcp_servers = { other = { command = \"o\" } }\n",
        "mcp_servers.other.command = \"o\"\nmodel = \"m\"\n",
        "mcp_servers = { memorygraph = { command = \"/old\" } } # one line\n",
    ] {
        let after = document::put(before, codex, &server("/m")).unwrap();
        let value = toml::value(&after).unwrap();
        let expected = json!({"command": "/m", "args": ["serve"]});
        assert_eq!(value["mcp_servers"][NAME], expected, "{after}");
        let back = document::remove(&after, codex).unwrap().unwrap();
        assert!(!document::has(&back, codex).unwrap(), "{back}");
    }
}

#[test]
fn a_comment_above_the_entry_and_one_above_the_next_table_stay() {
    let text =
        "# about all\n\n[mcp_servers.memorygraph]\ncommand = \"m\"\n\n# about b\n[b]\nc = 1\n";
    let back = document::remove(text, client("codex")).unwrap();
    assert_eq!(
        back.as_deref(),
        Some("# about all\n\n# about b\n[b]\nc = 1\n")
    );
}

#[test]
fn a_file_that_cannot_be_meant_is_refused() {
    for (name, text, reason) in [
        ("claude-code", "{ // mine\n}", "omment"),
        ("claude-code", "{\"a\": 1,}", "line 1"),
        ("cursor", "{\"a\": 1,}", "comma"),
        ("zed", "{\"a\": }", "line 1"),
        ("zed", "[]", "not an object"),
        (
            "zed",
            "{\"context_servers\": []}",
            "\"context_servers\" is not an object",
        ),
        (
            "zed",
            "{\"context_servers\": {\"memorygraph\": 1}}",
            "\"memorygraph\" is not an object",
        ),
        ("cline", "{\"mcpServers\": {}, \"mcpServers\": {}}", "twice"),
        ("codex", "a = ", "line 1"),
        ("codex", "mcp_servers = 1", "mcp_servers is not a table"),
        ("codex", "a = 1\r\nb = 2\n", "end in two ways"),
    ] {
        let refused = document::put(text, client(name), &server("/m")).unwrap_err();
        assert!(refused.contains(reason), "{name} {text}: {refused}");
    }
}

/// JSON in somebody's own hand: comments, spaces, commas at the end.
fn written_json() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", " ", "\n", "\n\t", " // c\n", "/* \"{ */", "\n\n"]);
    let key = prop::sample::select(vec!["a", "mcp", "servers", "é\\n", "x y", "zed"]);
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "-1.5e3",
        "12345678901234567890",
        "\"//\"",
        "\"\\u0041}\"",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    let value = leaf.prop_recursive(3, 24, 4, move |inner| {
        let spaced = (space.clone(), inner.clone(), space.clone())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"));
        let items = prop::collection::vec(spaced.clone(), 0..4);
        let pairs = prop::collection::btree_map(key.clone(), spaced, 0..4);
        prop_oneof![
            items.prop_map(|items| format!("[{}]", items.join(","))),
            (pairs, any::<bool>(), space.clone()).prop_map(|(pairs, is_ended, end)| {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"));
                let pairs: Vec<_> = pairs.collect();
                let comma = if is_ended && !pairs.is_empty() {
                    ","
                } else {
                    ""
                };
                format!("{{{}{comma}{end}}}", pairs.join(","))
            }),
        ]
    });
    (value.clone(), value, any::<bool>()).prop_map(|(one, two, is_there)| {
        let servers = if is_there {
            format!("\"context_servers\": {{\"other\": {two}}}, ")
        } else {
            String::new()
        };
        format!("{{{servers}\"one\": {one}}}")
    })
}

fn written_toml() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["a", "b-c", "\"x y\"", "d.e"]);
    let value = prop::sample::select(vec![
        "1",
        "'\\'",
        "\"\"\"\n[mcp_servers.memorygraph]\n\"\"\"",
        "[1, # one\n2]",
        "{ k = 1.0 }",
        "2026-01-02T03:04:05Z",
        "\"é\"",
    ]);
    let end = prop::sample::select(vec!["\n", " # why\n", "\n\n", "\n# below\n"]);
    let pair = (value, end).prop_map(|(value, end)| format!("{value}{end}"));
    let pairs = prop::collection::btree_map(key, pair, 0..4).prop_map(|pairs| {
        let pairs = pairs.iter().map(|(key, value)| format!("{key} = {value}"));
        pairs.collect::<String>()
    });
    let heading = prop::sample::select(vec![
        "[mcp_servers.other]\n",
        "[tui] # x\n",
        "[[list]]\n",
        "[mcp_servers.\"m.n\".env]\n",
    ]);
    let tables = prop::collection::btree_map(heading, pairs.clone(), 0..4);
    (pairs, tables).prop_map(|(first, tables)| {
        let tables = tables
            .iter()
            .map(|(heading, pairs)| format!("{heading}{pairs}"));
        first + &tables.collect::<String>()
    })
}

fn survives(text: &str, client: &'static Client, value: impl Fn(&str) -> Result<Value, String>) {
    let before = value(text).unwrap();
    let installed = document::put(text, client, &server("C:\\m \"$x\"")).unwrap();
    let mut rest = value(&installed).unwrap();
    let servers = rest[client.servers].as_object_mut().unwrap();
    assert!(servers.remove(NAME).is_some());
    if servers.is_empty() && before.get(client.servers).is_none() {
        rest.as_object_mut().unwrap().remove(client.servers);
    }
    assert_eq!(rest, before, "{text}\n{installed}");
    let mut comments = text.matches('#').chain(text.matches("//")).count();
    comments -= installed
        .matches('#')
        .chain(installed.matches("//"))
        .count();
    assert_eq!(comments, 0, "{text}\n{installed}");
    let again = document::put(&installed, client, &server("C:\\m \"$x\"")).unwrap();
    assert_eq!(again, installed);
    let removed = document::remove(&installed, client)
        .unwrap()
        .unwrap_or_default();
    assert!(!document::has(&removed, client).unwrap());
    let back = step(client).undo(&installed, Some(text.to_owned()), &server("/m"));
    assert_eq!(back.unwrap().as_deref(), Some(text));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn everything_else_in_json_survives(text in written_json()) {
        survives(&text, client("zed"), |text| json::value(text, Lenience::Full));
    }

    #[test]
    fn everything_else_in_toml_survives(text in written_toml()) {
        prop_assume!(toml::value(&text).is_ok());
        survives(&text, client("codex"), toml::value);
    }

    #[test]
    fn any_text_is_edited_or_refused(text in "[\\[\\]{}:,=\"'#/*\\\\ \na-z0-9\r]{0,80}") {
        for client in &CLIENTS {
            if let Ok(installed) = document::put(&text, client, &server("/m")) {
                prop_assert!(document::has(&installed, client).unwrap());
            }
            document::remove(&text, client).ok();
        }
    }
}
