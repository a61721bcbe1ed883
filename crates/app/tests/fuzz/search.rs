//! Questions to a store: what is typed reaches the engine.

use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::domain::{
    Hit, Memory, MemoryFilter, MemoryType, PageRequest, Relationship, RelationshipId,
    RelationshipQuery, RelationshipType, SearchMode, SearchQuery,
};
use memorygraph::ports::{Batch, GraphBackend};
use memorygraph::{Config, open_backend};
use proptest::prelude::*;

use crate::{
    corpus::corpus,
    store::{Asking, id},
};

const TEXTS: [&str; 12] = [
    "Retry with jitter when the connection times out",
    "getUserById returns null in snake_case.rs",
    "Überraschung im Café: naïve résumé",
    "Поиск по памяти находит слова",
    "数据库连接超时 東京タワー 데이터베이스",
    "launch 🚀 today 🇩🇪",
    "C++ and C# beat v2.1 of don't",
    "' OR 1=1; DROP TABLE nodes; --",
    "NEAR(walrus narwhal) NOT title:\"x\"",
    "the and of",
    "100% of ${everything} \\ null",
    "walrus walruses walrus",
];

/// Puts each text as a memory, and as the context of a relationship.
async fn filled(backend: Arc<dyn GraphBackend>) -> Arc<dyn GraphBackend> {
    let now = memorygraph::domain::Timestamp::UNIX_EPOCH;
    let memories = TEXTS.iter().enumerate().map(|(n, text)| {
        let title: String = text.chars().take(12).collect();
        let title = title.trim();
        Memory::new(id(&format!("m{n}")), MemoryType::Fix, title, *text, now)
    });
    let put = memories.fold(Batch::default(), Batch::put_memory);
    let put = TEXTS.iter().enumerate().fold(put, |put, (n, text)| {
        let to = id(&format!("m{}", (n + 1) % TEXTS.len()));
        let name = RelationshipId::new(format!("r{n}")).unwrap();
        let from = id(&format!("m{n}"));
        put.put_relationship(Relationship {
            context: Some((*text).to_owned()),
            ..Relationship::new(name, from, RelationshipType::Solves, to, now)
        })
    });
    backend.apply(put).await.unwrap();
    backend
}

fn shown(hits: &[Hit]) -> Vec<(&str, &[String])> {
    let hits = hits.iter();
    hits.map(|hit| (hit.memory.id.as_str(), hit.words.as_slice()))
        .collect()
}

/// A store on an engine answers as a graph in memory does, and none fails.
#[test]
fn any_text_is_searched_alike() {
    let asking = Asking::begin();
    let engine = asking.run(open_backend(&Config::at(":memory:"))).unwrap();
    let engine = asking.run(filled(engine));
    let plain = asking.run(filled(Arc::new(MemoryBackend::new())));
    let page = PageRequest::first(50).unwrap();
    corpus("search").fuzz(300, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let text: String = text.chars().take(SearchQuery::LONGEST_TEXT).collect();
        for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
            let query = SearchQuery {
                text: text.clone(),
                mode,
                filter: MemoryFilter::default(),
            };
            let found = asking.run(engine.search(&query, &page));
            let found = found.map_err(|why| TestCaseError::fail(why.to_string()))?;
            let expected = asking.run(plain.search(&query, &page)).unwrap();
            prop_assert_eq!(shown(&found.items), shown(&expected.items), "{:?}", mode);
        }
        let query = RelationshipQuery {
            context: Some(text),
            ..RelationshipQuery::default()
        };
        let found = asking.run(engine.relationships(&query, &page));
        let found = found.map_err(|why| TestCaseError::fail(why.to_string()))?;
        let expected = asking.run(plain.relationships(&query, &page)).unwrap();
        prop_assert_eq!(found.items, expected.items);
        Ok(())
    });
    asking.run(engine.close()).unwrap();
}
