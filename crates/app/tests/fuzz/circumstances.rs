//! The reader of a relationship's context.

use std::collections::HashSet;

use memorygraph::domain::circumstances::read;
use proptest::prelude::*;

use crate::corpus::corpus;

#[test]
fn any_context_is_read() {
    corpus("circumstances").fuzz(200, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let found = read(&text);
        prop_assert_eq!(&found, &read(&text));
        prop_assert_eq!(&read(&found.to_json()), &found);
        let is_free_text = found.text == text;
        let lists = [
            &found.components,
            &found.conditions,
            &found.evidence,
            &found.exceptions,
        ];
        let words = text.split(|c: char| !c.is_alphanumeric()).count();
        for list in lists {
            prop_assert_eq!(list.iter().collect::<HashSet<_>>().len(), list.len());
            prop_assert!(!is_free_text || list.len() <= words);
        }
        for item in lists.into_iter().flatten().chain(&found.temporal) {
            prop_assert!(!item.is_empty() && item.trim() == item, "{:?}", item);
            prop_assert!(!is_free_text || text.contains(item), "{:?}", item);
        }
        Ok(())
    });
}
