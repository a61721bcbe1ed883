//! Full-text search: the index finds candidates, the domain ranks them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Cursor, Hit, Memory, MemoryId, Page, PageRequest, SearchMode, SearchQuery,
    ranking::{Near, Ranking, SCORED_CANDIDATES, SEARCH_DEPTH, Sought, nearest, rank},
    text::{Question, Word, question},
};
use ports::{BackendError, Result, SqlValue};

use crate::{
    SqlConnection,
    connection::one_state,
    filter::Conditions,
    parameter::json,
    row::{self, count_of, text_of},
};

/// How many of the memories that have a word are counted one by one. Of a word that more have, the
/// frequency is estimated by how far the count had come: it opens nothing, so it need not be exact.
const COUNTED: u64 = SCORED_CANDIDATES + 1;

/// Returns the memories whose text matches, the best match first.
pub fn search(
    connection: &mut dyn SqlConnection,
    query: &SearchQuery,
    page: &PageRequest,
) -> Result<Page<Hit>> {
    let invalid = || BackendError::invalid("search");
    query.check().map_err(invalid())?;
    page.check().map_err(invalid())?;
    // The place of the last hit, and how deep this search looks: a later page ranks the same
    // candidates as the first one.
    let (offset, depth) = match &page.after {
        Some(cursor) => cursor.position(query).map_err(invalid())?,
        None => (0, SEARCH_DEPTH.max(page.limit.get())),
    };
    let question = question(&query.text);
    if question.is_empty() {
        return Ok(Page {
            items: Vec::new(),
            next: None,
        });
    }
    let mut hits = one_state(connection, |connection| {
        let ranking = ranking(connection, question, query.mode)?;
        let candidates = candidates(connection, &ranking, query, depth)?;
        Ok(candidates
            .into_values()
            .filter_map(|memory| ranking.hit(memory))
            .collect::<Vec<_>>())
    })?;
    rank(&mut hits);
    hits.truncate(depth as usize);
    let size = page.size();
    let rest = hits
        .into_iter()
        .skip(offset)
        .take(size.saturating_add(1))
        .collect();
    Ok(Page::cut(rest, size, |_| {
        Cursor::new(query, &(offset + size, depth))
    }))
}

/// Asks the index how many memories have each word.
fn ranking(
    connection: &mut dyn SqlConnection,
    question: Question,
    mode: SearchMode,
) -> Result<Ranking> {
    let words: Vec<String> = question.words.iter().map(match_word).collect();
    // The index has a small row for each memory, which are quicker to count than the memories.
    let mut memories = 0;
    let mut frequencies = Vec::new();
    // A subquery has one column, and the words are to be gone through once: hence two numbers in one.
    connection.query(
        "SELECT (SELECT count(*) FROM nodes_fts_docsize), (SELECT coalesce(max(n.key), 0) FROM nodes AS n),
           (SELECT count(*) || ' ' || coalesce(max(key), 0) FROM (
             SELECT f.rowid AS key FROM nodes_fts AS f
             WHERE f.nodes_fts MATCH asked.value ORDER BY f.rowid LIMIT ?2))
         FROM json_each(?1) AS asked ORDER BY asked.key",
        &[
            json(&words),
            SqlValue::Integer(i64::try_from(COUNTED).unwrap_or(i64::MAX)),
        ],
        &mut |row| {
            memories = count_of(row, 0)?;
            let (counted, reached) = text_of(row, 2)?.split_once(' ').unwrap_or_default();
            let number = |text: &str| text.parse::<u64>().unwrap_or_default();
            let (counted, reached) = (number(counted), number(reached).max(1));
            let estimated = counted.saturating_mul(count_of(row, 1)?) / reached;
            frequencies.push(if counted < COUNTED {
                counted
            } else {
                estimated.min(memories).max(counted)
            });
            Ok(())
        },
    )?;
    let mut near = if mode == SearchMode::Fuzzy {
        let missing = question.words.iter().zip(&frequencies);
        near_words(
            connection,
            missing
                .filter(|(_, count)| **count == 0)
                .map(|(word, _)| word),
        )?
    } else {
        BTreeMap::new()
    };
    Ok(Ranking::new(
        question,
        mode,
        memories,
        &frequencies,
        |word| near.remove(word.whole.term.as_str()).unwrap_or_default(),
    ))
}

/// Finds the indexed words that stand in for each of `words`, which nothing has. Reads the part of
/// the vocabulary that begins as the words do: with two characters, and with one where that has
/// nothing near.
fn near_words<'a>(
    connection: &mut dyn SqlConnection,
    words: impl Iterator<Item = &'a Word>,
) -> Result<BTreeMap<String, Vec<Near>>> {
    let mut missing: Vec<&Word> = words.collect();
    let mut found = BTreeMap::new();
    for characters in [2, 1] {
        if missing.is_empty() {
            break;
        }
        let beginning =
            |word: &Word| -> String { word.whole.term.as_str().chars().take(characters).collect() };
        let beginnings: BTreeSet<String> = missing.iter().map(|word| beginning(word)).collect();
        let mut vocabulary: BTreeMap<String, u64> = BTreeMap::new();
        connection.query(
            "SELECT w.term, w.doc FROM json_each(?1) AS asked CROSS JOIN nodes_words AS w
             ON w.term >= asked.value AND w.term <= asked.value || ?2",
            &[json(&beginnings), char::MAX.to_string().into()],
            &mut |row| {
                vocabulary.insert(text_of(row, 0)?.to_owned(), count_of(row, 1)?);
                Ok(())
            },
        )?;
        missing.retain(|word| {
            let beginning = beginning(word);
            let alike = vocabulary
                .range(beginning.clone()..)
                .take_while(|(term, _)| term.starts_with(&beginning));
            let near = nearest(word, alike.map(|(term, count)| (term.as_str(), *count)));
            let is_missing = near.is_empty();
            if !is_missing {
                found.insert(word.whole.term.to_string(), near);
            }
            is_missing
        });
    }
    Ok(found)
}

/// Reads the memories that may be among the best `depth`.
fn candidates(
    connection: &mut dyn SqlConnection,
    ranking: &Ranking,
    query: &SearchQuery,
    depth: u32,
) -> Result<BTreeMap<MemoryId, Memory>> {
    let strict = query.mode == SearchMode::Strict;
    let known: Vec<&Sought> = ranking
        .sought()
        .iter()
        .filter(|sought| sought.frequency() > 0)
        .collect();
    let openers: Vec<&Sought> = known
        .iter()
        .copied()
        .filter(|sought| sought.opens())
        .collect();
    let mut doors = Vec::new();
    // What has every word is among the best, though the common ones opened nothing.
    if strict && known.len() == ranking.sought().len() || !strict && known.len() > 1 {
        doors.push((known, " AND "));
    }
    if !strict && !openers.is_empty() {
        doors.push((openers, " OR "));
    }
    let mut candidates = BTreeMap::new();
    for (sought, operator) in doors {
        let scored: u64 = sought.iter().map(|sought| sought.frequency()).sum();
        let is_ranked = scored <= SCORED_CANDIDATES;
        if !is_ranked && candidates.len() >= depth as usize {
            // So many have every word that one word alone, and a common one, has nothing to add.
            break;
        }
        let expression: Vec<_> = sought.iter().map(|sought| match_sought(sought)).collect();
        let mut conditions = Conditions::default();
        let expression = conditions.parameter(expression.join(operator));
        conditions.add(format!("f.nodes_fts MATCH {expression}"));
        // The key of the index row, so that a tag is looked for before the memory is read.
        conditions.memories(&query.filter, "n.type", "f.rowid");
        let limit = conditions.parameter(SqlValue::Integer(i64::from(depth)));
        // Where very many match, the last kept are as good as any, and cost nothing to choose.
        let order = if is_ranked { "rank" } else { "f.rowid DESC" };
        let sql = format!(
            "SELECT {} FROM nodes_fts AS f CROSS JOIN nodes AS n ON n.key = f.rowid
             WHERE {} ORDER BY {order} LIMIT {limit}",
            row::MEMORY_COLUMNS,
            conditions.sql(),
        );
        connection.query(&sql, conditions.parameters(), &mut |row| {
            let memory = row::memory(row)?;
            candidates.insert(memory.id.clone(), memory);
            Ok(())
        })?;
    }
    Ok(candidates)
}

/// Writes a word as a MATCH expression.
fn match_sought(sought: &Sought) -> String {
    if sought.near().is_empty() {
        return match_word(sought.word());
    }
    let near: Vec<_> = sought
        .near()
        .iter()
        .map(|near| format!("\"{}\"", near.asked.word))
        .collect();
    format!("({})", near.join(" OR "))
}

/// Writes a word as a MATCH expression: the whole, or all of its parts. Terms are letters and
/// digits, so nothing in them needs escaping.
fn match_word(word: &Word) -> String {
    let whole = format!("\"{}\"", word.whole.word);
    if word.parts.is_empty() {
        return whole;
    }
    let parts: Vec<_> = word
        .parts
        .iter()
        .map(|part| format!("\"{}\"", part.word))
        .collect();
    format!("({whole} OR ({}))", parts.join(" AND "))
}
