//! The file of the official MCP memory server: a line for each entity, and for each relation.

use std::{collections::HashMap, io::BufRead, ops::ControlFlow};

use domain::{MemoryId, Relationship, RelationshipType, Timestamp};
use ports::RecordKind;
use serde::Deserialize;

use super::{
    ImportError, Step,
    item::{Item, Record, Unfit},
    lines::{Lines, reason},
    record::Stated,
};
use crate::knowledge_graph::{self, Entity, Relation, Word};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line {
    Entity(Entity),
    Relation(Relation),
}

/// Hands each record to `each` until that breaks: entities as they come, then what the relations
/// state, which is held until then. Returns what is wrong with the file as a whole.
pub(super) fn read(
    source: impl BufRead,
    now: Timestamp,
    each: &mut Step<'_>,
) -> Result<Vec<ImportError>, ImportError> {
    let mut lines = Lines::of(source);
    let mut statements = Statements::default();
    let mut numbers = [0, 0];
    let mut damage = Vec::new();
    while lines.next()? {
        if lines.text.trim_ascii().is_empty() {
            continue;
        }
        let unfit = match serde_json::from_slice(&lines.text) {
            Ok(Line::Entity(entity)) => {
                numbers[0] += 1;
                let at = later(now, numbers[0]);
                match keep(entity, at, numbers[0], &lines, &mut statements, each) {
                    Ok(ControlFlow::Continue(())) => continue,
                    Ok(ControlFlow::Break(())) => return Ok(Vec::new()),
                    Err(invalid) => {
                        Unfit::line(RecordKind::Memory, &lines.text, invalid.to_string())
                    }
                }
            }
            Ok(Line::Relation(relation)) => {
                numbers[1] += 1;
                let at = later(now, numbers[1]);
                match statements.add(relation, at, numbers[1], &lines) {
                    Ok(()) => continue,
                    Err(why) => Unfit::line(RecordKind::Relationship, &lines.text, why),
                }
            }
            Err(error) => {
                if error.is_eof() && !lines.is_whole {
                    let line = usize::try_from(lines.number).unwrap_or(usize::MAX);
                    let column = error.column();
                    damage.push(ImportError::CutOff { line, column });
                }
                let is_relation = lines.text.starts_with(b"{\"type\":\"relation\"");
                numbers[usize::from(is_relation)] += 1;
                let kind = if is_relation {
                    RecordKind::Relationship
                } else {
                    RecordKind::Memory
                };
                Unfit::line(kind, &lines.text, reason(&error))
            }
        };
        let item = Item {
            number: numbers[usize::from(unfit.kind == RecordKind::Relationship)],
            line: Some(lines.number),
            record: Record::Unfit(Box::new(unfit)),
            document: None,
        };
        if each(item).is_break() {
            return Ok(Vec::new());
        }
    }
    for stated in statements.list {
        if each(stated.item()).is_break() {
            break;
        }
    }
    Ok(damage)
}

/// Hands over what an entity becomes.
fn keep<R>(
    entity: Entity,
    at: Timestamp,
    number: u64,
    lines: &Lines<R>,
    statements: &mut Statements,
    each: &mut Step<'_>,
) -> Result<ControlFlow<()>, domain::Invalid> {
    let (memories, joints) = knowledge_graph::memories(entity, at)?;
    let line = Some(lines.number);
    let text = text_of(lines);
    for memory in memories {
        let record = Record::Memory(Box::new(memory));
        let item = Item {
            number,
            line,
            record,
            document: Some(text.clone()),
        };
        if each(item).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    for joint in joints {
        statements.list.push(Statement {
            relationship: joint,
            words: Vec::new(),
            number,
            line,
            text: text.clone(),
        });
    }
    Ok(ControlFlow::Continue(()))
}

fn text_of<R>(lines: &Lines<R>) -> String {
    String::from_utf8_lossy(&lines.text).into_owned()
}

/// The file has no times: what comes later in it is a microsecond younger, which keeps the order.
fn later(now: Timestamp, number: u64) -> Timestamp {
    let micros = i64::try_from(number).unwrap_or(i64::MAX);
    Timestamp::from_microsecond(now.as_microsecond().saturating_add(micros)).unwrap_or(now)
}

/// What relations state: those that state the same are one.
#[derive(Default)]
struct Statements {
    list: Vec<Statement>,
    places: HashMap<(RelationshipType, MemoryId, MemoryId), usize>,
}

struct Statement {
    relationship: Relationship,
    words: Vec<Word>,
    number: u64,
    line: Option<u64>,
    /// The lines that say it.
    text: String,
}

impl Statements {
    fn add<R>(
        &mut self,
        relation: Relation,
        at: Timestamp,
        number: u64,
        lines: &Lines<R>,
    ) -> Result<(), String> {
        let kind = knowledge_graph::relationship_type(&relation.word);
        let [from, to] =
            [&relation.from, &relation.to].map(|name| knowledge_graph::entity_id(name));
        let stated = knowledge_graph::relationship(&from, kind, &to, at);
        let stated = stated.map_err(|invalid| invalid.to_string())?;
        let (_, first, second) = stated.statement();
        let place = (kind, first.clone(), second.clone());
        let known = self.places.get(&place).map(|at| &mut self.list[*at]);
        let mut word = Word {
            text: relation.word,
            backwards: false,
        };
        let Some(known) = known else {
            let mut statement = Statement {
                relationship: stated,
                words: Vec::new(),
                number,
                line: Some(lines.number),
                text: text_of(lines),
            };
            statement.say(word)?;
            self.places.insert(place, self.list.len());
            self.list.push(statement);
            return Ok(());
        };
        word.backwards = known.relationship.from != from;
        known.say(word)?;
        known.text.push('\n');
        known.text.push_str(&text_of(lines));
        Ok(())
    }
}

impl Statement {
    /// Adds a word, unless there is no room for it.
    fn say(&mut self, word: Word) -> Result<(), String> {
        self.words.push(word);
        let kind = self.relationship.relationship_type;
        let context = knowledge_graph::context_of(&self.words, kind);
        let said = Relationship {
            context,
            evidence_count: u32::try_from(self.words.len()).unwrap_or(u32::MAX),
            ..self.relationship.clone()
        };
        if let Err(invalid) = said.check() {
            self.words.pop();
            return Err(invalid.to_string());
        }
        self.relationship = said;
        Ok(())
    }

    fn item(self) -> Item {
        let statements = u32::try_from(self.words.len()).unwrap_or(u32::MAX).max(1);
        let stated = Stated {
            statements,
            ..Stated::once(self.relationship)
        };
        Item {
            number: self.number,
            line: self.line,
            record: Record::Relationship(Box::new(stated)),
            document: Some(self.text),
        }
    }
}
