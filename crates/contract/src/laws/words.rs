use domain::{SearchMode, SearchQuery};

use crate::{
    Harness, LawResult,
    samples::{assert_finds, first, found_as, with_titles},
};

/// Upper and lower case are the same.
pub async fn case_makes_no_difference(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["WALRUS", "narwhal", "Straße", "ΑΘΗΝΑ"]).await?;
    let cases: [(&str, &[&str]); 6] = [
        ("walrus", &["WALRUS"]),
        ("Walrus", &["WALRUS"]),
        ("NARWHAL", &["narwhal"]),
        ("NARwhal", &["narwhal"]),
        ("straße", &["Straße"]),
        ("αθηνα", &["ΑΘΗΝΑ"]),
    ];
    assert_finds(&*store, &cases).await
}

/// Accents make no difference, on either side, however they are composed.
pub async fn accents_make_no_difference(h: &dyn Harness) -> LawResult {
    let titles = ["Überraschung", "cafe", "re\u{301}sume\u{301}", "Ångström"];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 8] = [
        ("Überraschung", &titles[..1]),
        ("uberraschung", &titles[..1]),
        ("U\u{308}berraschung", &titles[..1]),
        ("café", &titles[1..2]),
        ("CAFÉ", &titles[1..2]),
        ("resume", &titles[2..3]),
        ("résumé", &titles[2..3]),
        ("angstrom", &titles[3..]),
    ];
    assert_finds(&*store, &cases).await
}

/// Cyrillic and other scripts with spaces are found by their words, not by parts of them.
pub async fn other_scripts_are_found_by_word(h: &dyn Harness) -> LawResult {
    let titles = [
        "Поиск по памяти",
        "αναζήτηση μνήμης",
        "חיפוש בזיכרון",
        "البحث في الذاكرة",
    ];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 6] = [
        ("поиск", &titles[..1]),
        ("ПАМЯТИ", &titles[..1]),
        ("αναζήτηση", &titles[1..2]),
        ("חיפוש", &titles[2..3]),
        ("البحث", &titles[3..]),
        ("оис", &[]),
    ];
    assert_finds(&*store, &cases).await
}

/// In scripts without spaces every part is found.
pub async fn parts_are_found_where_words_have_no_spaces(h: &dyn Harness) -> LawResult {
    let titles = ["数据库连接超时", "東京タワーの検索", "데이터베이스 오류"];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 9] = [
        ("数据库连接超时", &titles[..1]),
        ("数据库", &titles[..1]),
        ("连接", &titles[..1]),
        ("超时", &titles[..1]),
        ("超", &titles[..1]),
        ("東京", &titles[1..2]),
        ("タワー", &titles[1..2]),
        ("오류", &titles[2..]),
        ("数库", &[]),
    ];
    assert_finds(&*store, &cases).await
}

/// Emoji are words.
pub async fn emoji_are_found(h: &dyn Harness) -> LawResult {
    let titles = ["launch 🚀 today", "fire🔥walk", "flag 🇩🇪", "heart ❤️"];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 7] = [
        ("🚀", &titles[..1]),
        ("🔥", &titles[1..2]),
        ("🇩🇪", &titles[2..3]),
        ("❤️", &titles[3..]),
        ("❤", &titles[3..]),
        ("🚀 launch", &titles[..1]),
        ("🐢", &[]),
    ];
    assert_finds(&*store, &cases).await
}

/// A camelCase name is found whole and by its parts.
pub async fn camel_case_is_found_whole_and_in_parts(h: &dyn Harness) -> LawResult {
    let titles = ["getUserById", "HTTPServerError", "python3 parser"];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 9] = [
        ("getUserById", &titles[..1]),
        ("getuserbyid", &titles[..1]),
        ("user", &titles[..1]),
        ("USER", &titles[..1]),
        ("UserById", &titles[..1]),
        ("http", &titles[1..2]),
        ("server error", &titles[1..2]),
        ("python", &titles[2..]),
        ("python3", &titles[2..]),
    ];
    assert_finds(&*store, &cases).await
}

/// Names with underscores, hyphens, dots, colons and slashes are found whole and by their parts.
pub async fn names_are_found_whole_and_in_parts(h: &dyn Harness) -> LawResult {
    let titles = [
        "snake_case_name",
        "foo-bar.rs",
        "src/laws/walk.ts",
        "std::sync::Arc",
        "v2.13.4",
    ];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 12] = [
        ("snake_case_name", &titles[..1]),
        ("snake", &titles[..1]),
        ("case name", &titles[..1]),
        ("foo-bar.rs", &titles[1..2]),
        ("foo", &titles[1..2]),
        ("bar.rs", &titles[1..2]),
        ("src/laws/walk.ts", &titles[2..3]),
        ("laws/walk", &titles[2..3]),
        ("walk.ts", &titles[2..3]),
        ("sync::Arc", &titles[3..4]),
        ("arc", &titles[3..4]),
        ("v2.13.4", &titles[4..]),
    ];
    assert_finds(&*store, &cases).await
}

/// English words are found in their other forms.
pub async fn words_are_found_in_other_forms(h: &dyn Harness) -> LawResult {
    let titles = ["retrying connections", "a failed migration", "caches"];
    let store = with_titles(h, &titles).await?;
    let cases: [(&str, &[&str]); 8] = [
        ("retry", &titles[..1]),
        ("connection", &titles[..1]),
        ("connected", &titles[..1]),
        ("failing", &titles[1..2]),
        ("migrations", &titles[1..2]),
        ("migrate", &titles[1..2]),
        ("cache", &titles[2..]),
        ("caching", &titles[2..]),
    ];
    assert_finds(&*store, &cases).await
}

/// A language that is written with a sign is told from others that begin with the same letter.
pub async fn languages_with_signs_are_told_apart(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["moved to C#", "moved to C++", "moved to Rust"]).await?;
    for (text, expected) in [("C#", "moved to C#"), ("c++", "moved to C++")] {
        let query = SearchQuery {
            text: text.to_owned(),
            ..SearchQuery::default()
        };
        let hits = store.search(&query, &first(1)).await?.items;
        let best: Vec<&str> = hits.iter().map(|hit| hit.memory.id.as_str()).collect();
        assert_eq!(best, [expected], "{text}");
    }
    Ok(())
}

/// An apostrophe does not keep a word from being found.
pub async fn an_apostrophe_hides_no_word(h: &dyn Harness) -> LawResult {
    let store = with_titles(h, &["the walrus's tusks", "narwhals don’t fly"]).await?;
    let cases: [(&str, &[&str]); 4] = [
        ("walrus", &["the walrus's tusks"]),
        ("walrus's", &["the walrus's tusks"]),
        ("don't fly", &["narwhals don’t fly"]),
        ("narwhal's", &["narwhals don’t fly"]),
    ];
    for (text, expected) in cases {
        let found = found_as(&*store, text, SearchMode::Normal).await?;
        assert_eq!(
            found,
            expected.iter().map(|&id| id.to_owned()).collect(),
            "{text}"
        );
    }
    Ok(())
}
