//! A graph as a folder of Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::domain::{MemoryType, RelationshipType, Walk};
use memorygraph::export::{Existing, NotesOptions, PartQuery, PartReport};
use memorygraph::ports::ErrorKind;
use memorygraph::{Draft, Link, MemoryGraph, Result};
use yaml_rust2::YamlLoader;

use crate::world::{graph, id, over};

use RelationshipType::{RelatedTo, SimilarTo, Solves};

const HOSTILE: [&str; 7] = [
    "CON",
    "a/b\\c: [d] | #e ^f?",
    "same",
    "same",
    "---",
    "[[link]] `code` %% <!-- *",
    "überall \u{1f980}",
];

/// Memories with hostile titles, each joined to the next; what they say opens a block of code and
/// never closes it.
async fn hostile() -> MemoryGraph {
    let graph = graph();
    let drafts = HOSTILE.iter().enumerate().map(|(place, title)| Draft {
        id: Some(id(&format!("m{place}"))),
        tags: vec!["two words".into()],
        ..Draft::new(
            MemoryType::Error,
            *title,
            format!("```\nContent {place}\n---\n"),
        )
    });
    graph.remember_all(drafts.collect()).await.unwrap();
    for place in 1..HOSTILE.len() {
        let [from, to] = [place - 1, place].map(|place| id(&format!("m{place}")));
        let link = Link {
            context: Some("when `it`\nrains [[here]]".into()),
            ..Link::new(from, Solves, to)
        };
        graph.relate(link).await.unwrap();
    }
    graph
}

async fn write(graph: &MemoryGraph, folder: &Path, options: &NotesOptions) -> Result<PartReport> {
    graph.export_notes(folder, options, &mut |_| {}).await
}

/// The text of each note by its name without the ending.
fn notes(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (name.strip_suffix(".md").unwrap().to_owned(), text)
        })
        .collect()
}

/// The front matter, and what follows.
fn parted(note: &str) -> (yaml_rust2::Yaml, &str) {
    let (front, body) = note
        .strip_prefix("---\n")
        .unwrap()
        .split_once("\n---\n")
        .unwrap();
    let front = YamlLoader::load_from_str(front).unwrap().remove(0);
    (front, body)
}

/// Where the links in the list of relationships lead.
fn links(body: &str) -> Vec<String> {
    let list = body
        .split_once("\n## Relationships\n")
        .map_or("", |it| it.1);
    let list = list.split_once("\n## Content\n").unwrap_or_default().0;
    let lines = list.lines().filter_map(|line| line.strip_prefix("- "));
    lines
        .map(|line| {
            let (_, link) = line.split_once("[[").unwrap();
            let (link, after) = link.split_once("]]").unwrap();
            assert!(!after.contains("[["), "{line}");
            let (target, shown) = link.split_once('|').unwrap_or((link, link));
            assert!(!shown.contains(['[', ']', '|']), "{line}");
            target.to_owned()
        })
        .collect()
}

#[tokio::test]
async fn every_memory_is_a_note_and_every_link_leads_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    let graph = hostile().await;
    let report = write(&graph, &vault, &NotesOptions::default())
        .await
        .unwrap();
    assert_eq!((report.memories, report.relationships), (7, 6));
    let notes = notes(&vault);
    assert_eq!(notes.len(), 7);
    let mut titles = BTreeSet::new();
    let mut leads = 0;
    for (name, note) in &notes {
        let (front, body) = parted(note);
        let title = front["title"].as_str().unwrap();
        titles.insert(title.to_owned());
        assert_eq!(front["type"].as_str(), Some("error"));
        assert_eq!(front["tags"][0].as_str(), Some("two-words"));
        assert!(body.trim_end().ends_with("---"), "{body}");
        for link in links(body) {
            assert!(notes.contains_key(&link), "{name} links to {link}");
            leads += 1;
        }
    }
    // Two have one title, and each relationship stands in two notes.
    assert_eq!((titles.len(), leads), (6, 12));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_note_says_which_way_its_relationships_go_and_since_when_they_do_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let graph = graph();
    let drafts = ["a", "b", "c"].map(|name| Draft {
        id: Some(id(name)),
        summary: Some("In *short*".into()),
        ..Draft::new(MemoryType::Fix, name, format!("Content of {name}."))
    });
    graph.remember_all(drafts.to_vec()).await.unwrap();
    graph
        .relate(Link::new(id("a"), Solves, id("b")))
        .await
        .unwrap();
    graph
        .relate(Link::new(id("c"), SimilarTo, id("a")))
        .await
        .unwrap();
    let ended = graph
        .relate(Link::new(id("c"), RelatedTo, id("b")))
        .await
        .unwrap();
    let change = memorygraph::ports::Change::InvalidateRelationship {
        id: ended.relationship.id,
        until: "2030-01-01T00:00:00Z".parse().unwrap(),
        by: None,
        recorded_at: "2026-01-02T00:00:00Z".parse().unwrap(),
    };
    let batch = memorygraph::ports::Batch::default().then(change);
    graph.backend().apply(batch).await.unwrap();

    write(&graph, folder.path(), &NotesOptions::default())
        .await
        .unwrap();
    let notes = notes(folder.path());
    let note = |name: &str| {
        let found = notes.iter().find(|(file, _)| file.starts_with(name));
        let (_, body) = parted(found.unwrap().1);
        // What stands behind a name follows from the id.
        let words = body.split(' ').filter(|word| !word.contains('|'));
        words.collect::<Vec<_>>().join(" ")
    };
    let a = "\n# a\n\n> In \\*short\\*\n\n## Relationships\n\n- → **SOLVES** [[b (0.9)\n\
             - ↔ **SIMILAR\\_TO** [[c (0.6)\n\n## Content\n\nContent of a.\n";
    assert_eq!(note("a"), a);
    let b = note("b");
    assert!(b.contains("- ← **SOLVES** [[a (0.9)\n"), "{b}");
    assert!(b.contains("until 2030-01-01T00:00:00.000000Z)\n"), "{b}");
}

#[tokio::test]
async fn a_part_becomes_notes_that_link_only_to_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let options = NotesOptions {
        part: Some(PartQuery::Around(Walk::new(id("m2")))),
        ..NotesOptions::default()
    };
    let report = write(&hostile().await, folder.path(), &options)
        .await
        .unwrap();
    assert_eq!((report.memories, report.relationships), (3, 2));
    let notes = notes(folder.path());
    let linked = notes.values().flat_map(|note| links(parted(note).1));
    let linked: BTreeSet<_> = linked.collect();
    assert_eq!(linked, notes.keys().cloned().collect());
}

#[tokio::test]
async fn a_graph_of_many_pages_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let graph = over(Arc::new(MemoryBackend::new()));
    let drafts = (0..600).map(|n| Draft {
        id: Some(id(&format!("m{n}"))),
        ..Draft::new(
            MemoryType::General,
            format!("Memory {n}"),
            format!("Content {n}"),
        )
    });
    graph.remember_all(drafts.collect()).await.unwrap();
    for n in 0..300 {
        let [from, to] = [n, 599 - n].map(|n| id(&format!("m{n}")));
        graph.relate(Link::new(from, RelatedTo, to)).await.unwrap();
    }
    let mut counts = Vec::new();
    let options = NotesOptions::default();
    let progress = &mut |count| counts.push(count);
    let report = graph
        .export_notes(folder.path(), &options, progress)
        .await
        .unwrap();
    assert_eq!((report.memories, report.relationships), (600, 300));
    assert!(
        counts.is_sorted() && counts.last() == Some(&600),
        "{counts:?}"
    );
    let notes = notes(folder.path());
    assert_eq!(notes.len(), 600);
    for note in notes.values() {
        let links = links(parted(note).1);
        assert!(
            links.len() == 1 && notes.contains_key(&links[0]),
            "{links:?}"
        );
    }
}

#[tokio::test]
async fn only_notes_of_an_export_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("My own.md");
    fs::write(&own, "---\nmemorygraph: mine\n---\n").unwrap();
    let graph = hostile().await;
    let keep = NotesOptions::default();
    let error = write(&graph, folder.path(), &keep).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let replace = NotesOptions {
        existing: Existing::Replace,
        ..keep
    };
    write(&graph, folder.path(), &replace).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 8);
    let before = notes(folder.path());
    graph.forget(&id("m6")).await.unwrap();
    write(&graph, folder.path(), &replace).await.unwrap();
    let after = notes(folder.path());
    assert_eq!(after.len(), 7);
    assert!(after.keys().all(|name| before.contains_key(name)));
    assert_eq!(
        fs::read_to_string(&own).unwrap(),
        "---\nmemorygraph: mine\n---\n"
    );
}

#[tokio::test]
async fn notes_are_ours_also_with_the_line_ends_of_windows() {
    let folder = tempfile::tempdir().unwrap();
    let graph = hostile().await;
    let replace = NotesOptions {
        existing: Existing::Replace,
        ..NotesOptions::default()
    };
    write(&graph, folder.path(), &replace).await.unwrap();
    let before = notes(folder.path());
    for (name, text) in &before {
        let path = folder.path().join(format!("{name}.md"));
        fs::write(path, text.replace('\n', "\r\n")).unwrap();
    }
    write(&graph, folder.path(), &replace).await.unwrap();
    assert_eq!(notes(folder.path()), before);
}

#[tokio::test]
async fn a_file_that_is_no_note_is_not_overwritten_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    let graph = hostile().await;
    let replace = NotesOptions {
        existing: Existing::Replace,
        ..NotesOptions::default()
    };
    write(&graph, &vault, &replace).await.unwrap();
    let name = notes(&vault).into_keys().next().unwrap();
    let own = vault.join(format!("{name}.md"));
    fs::write(&own, "My own words.\n").unwrap();
    let before = notes(&vault);

    let error = write(&graph, &vault, &replace).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let words = error.to_string();
    assert!(words.contains(&format!("{name}.md")), "{words}");
    assert_eq!(notes(&vault), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    fs::remove_file(&own).unwrap();
    fs::create_dir(&own).unwrap();
    let error = write(&graph, &vault, &replace).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    fs::remove_dir(&own).unwrap();
    write(&graph, &vault, &replace).await.unwrap();
    assert!(fs::read_to_string(&own).unwrap().starts_with("---\n"));
}

#[tokio::test]
async fn of_two_exports_into_one_folder_the_second_is_told_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    let graph = hostile().await;
    let replace = NotesOptions {
        existing: Existing::Replace,
        ..NotesOptions::default()
    };
    let second = || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        runtime.block_on(write(&graph, &vault, &replace))
    };
    let mut answers = Vec::new();
    let report = graph
        .export_notes(&vault, &replace, &mut |_| {
            let answer = std::thread::scope(|scope| scope.spawn(second).join().unwrap());
            answers.push(answer);
        })
        .await
        .unwrap();
    assert_eq!((report.memories, answers.len()), (7, 1));
    let error = answers.pop().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert!(error.to_string().contains("vault.partial"), "{error}");
    assert_eq!(notes(&vault).len(), 7);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    write(&graph, &vault, &replace).await.unwrap();
}

#[tokio::test]
async fn a_folder_may_be_named_with_a_slash_or_by_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let graph = hostile().await;
    let slashed = folder.path().join("new").join("vault").join("");
    for _ in 0..2 {
        let replace = NotesOptions {
            existing: Existing::Replace,
            ..NotesOptions::default()
        };
        write(&graph, &slashed, &replace).await.unwrap();
        assert_eq!(notes(&slashed).len(), 7);
    }
    #[cfg(unix)]
    {
        let real = folder.path().join("real");
        let link = folder.path().join("link");
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&graph, &link, &NotesOptions::default())
            .await
            .unwrap();
        assert_eq!(notes(&real).len(), 7);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}

#[tokio::test]
async fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    let error = write(&hostile().await, &file, &NotesOptions::default()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Backend);
    // A walk that cannot begin fails after the place for the notes was made.
    let vault = folder.path().join("vault");
    let nobody = NotesOptions {
        part: Some(PartQuery::Around(Walk::new(id("nobody")))),
        ..NotesOptions::default()
    };
    let error = write(&hostile().await, &vault, &nobody).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
