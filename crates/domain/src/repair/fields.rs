use serde_json::{Map, Value};

use crate::{Score, Timestamp, check_time, parse_time};

/// The fields of a record that were not read yet; null is as good as absent.
pub(super) struct Fields {
    rest: Map<String, Value>,
    /// What fields said that they cannot hold, by the name under which it is kept.
    pub(super) aside: Map<String, Value>,
    pub(super) notes: Vec<String>,
}

impl Fields {
    pub(super) fn new(mut record: Map<String, Value>) -> Self {
        record.retain(|_, value| !value.is_null());
        Self {
            rest: record,
            aside: Map::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.rest.remove(name)
    }

    /// Takes the fields whose names begin with `prefix`, without it.
    pub(super) fn take_prefixed(&mut self, prefix: &str) -> Map<String, Value> {
        let names: Vec<String> = self.rest.keys().cloned().collect();
        let prefixed = names.iter().filter_map(|name| {
            let short = name.strip_prefix(prefix)?;
            Some((short.to_owned(), name))
        });
        prefixed
            .filter_map(|(short, name)| Some((short, self.rest.remove(name)?)))
            .collect()
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Keeps what a field cannot hold, and says why it cannot.
    pub(super) fn set_aside(&mut self, name: &str, value: impl Into<Value>, why: &str) {
        let kept = self.keep(&format!("original_{name}"), value);
        self.note(format!("{name} {why}: kept as {kept}"));
    }

    /// Keeps a value under this name, or the next free one, which it returns.
    pub(super) fn keep(&mut self, name: &str, value: impl Into<Value>) -> String {
        let name = free(&self.aside, name.to_owned());
        self.aside.insert(name.clone(), value.into());
        name
    }

    /// Everything that was kept, and what was not read.
    pub(super) fn into_rest(self) -> (Map<String, Value>, Vec<String>) {
        let mut rest = self.rest;
        for (name, value) in self.aside {
            let name = free(&rest, name);
            rest.insert(name, value);
        }
        (rest, self.notes)
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(self.without_nul(name, text)),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            other => {
                self.set_aside(name, other, "is no text");
                None
            }
        }
    }

    /// A text of at most so many characters.
    pub(super) fn short_text(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.text(name)?;
        if text.chars().count() > most {
            self.set_aside(name, text, &format!("has more than {most} characters"));
            return None;
        }
        Some(text)
    }

    pub(super) fn without_nul(&mut self, name: &str, text: String) -> String {
        if !text.contains('\0') {
            return text;
        }
        self.note(format!("{name} held NUL characters: removed"));
        text.replace('\0', "")
    }

    /// A value that is one of a few words.
    pub(super) fn word<T: std::str::FromStr>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.trim().parse().ok();
        if parsed.is_none() {
            self.set_aside(name, text, "is no word that is known here");
        }
        parsed
    }

    pub(super) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let text = self.text(name)?;
        if text.trim().is_empty() {
            return None;
        }
        let time = parse_time(name, text.trim());
        let time = time.ok().filter(|time| check_time(name, *time).is_ok());
        if time.is_none() {
            self.set_aside(name, text, "is no time");
        }
        time
    }

    pub(super) fn score(&mut self, name: &'static str) -> Option<Score> {
        let value = self.take(name)?;
        let number = match &value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        let Some(number) = number.filter(|number: &f64| !number.is_nan()) else {
            self.set_aside(name, value, "is no number");
            return None;
        };
        if let Ok(score) = Score::new(name, number) {
            return Some(score);
        }
        let score = Score::clamped(number);
        self.set_aside(name, value, &format!("is not from 0 to 1, now {score}"));
        Some(score)
    }

    /// A count of at least `least`.
    pub(super) fn count(&mut self, name: &'static str, least: u32) -> Option<u32> {
        let value = self.take(name)?;
        let whole = match &value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64().or_else(|| as_whole(other.as_f64()?)),
        };
        let count = whole.and_then(|count: u64| u32::try_from(count).ok());
        let count = count.filter(|count| *count >= least);
        if count.is_none() {
            let why = format!("is no whole number from {least} on");
            self.set_aside(name, value, &why);
        }
        count
    }

    /// A list of texts; also one that is written as JSON in a text.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let (texts, unfit) = self.entries(name);
        if !unfit.is_empty() {
            self.set_aside(name, unfit, "has entries that are no texts");
        }
        texts
    }

    /// As [`texts`](Self::texts), of at most so many characters, at most so many of them.
    pub(super) fn short_texts(&mut self, name: &str, most: usize, longest: usize) -> Vec<String> {
        let (texts, mut unfit) = self.entries(name);
        let mut short = Vec::new();
        for text in texts {
            if short.len() < most && text.chars().count() <= longest {
                short.push(text);
            } else {
                unfit.push(text.into());
            }
        }
        if !unfit.is_empty() {
            let why = format!(
                "has entries that are no texts of up to {longest} characters, or more than {most} of them"
            );
            self.set_aside(name, unfit, &why);
        }
        short
    }

    /// The entries of a list that are texts, or can be written as one, and the others.
    fn entries(&mut self, name: &str) -> (Vec<String>, Vec<Value>) {
        let entries = match self.take(name) {
            None => return Default::default(),
            Some(Value::Array(entries)) => entries,
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Array(entries)) => entries,
                _ if text.trim().is_empty() => return Default::default(),
                _ => vec![Value::String(text)],
            },
            Some(other) => vec![other],
        };
        let (mut texts, mut unfit) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Value::Null => {}
                Value::String(text) => texts.push(self.without_nul(name, text)),
                Value::Number(_) | Value::Bool(_) => texts.push(entry.to_string()),
                other => unfit.push(other),
            }
        }
        (texts, unfit)
    }

    /// An object; also one that is written as JSON in a text.
    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.take(name) {
            None => Map::new(),
            Some(Value::Object(object)) => object,
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Object(object)) => object,
                Ok(Value::Null) => Map::new(),
                _ if text.trim().is_empty() => Map::new(),
                _ => {
                    self.set_aside(name, text, "is no JSON object");
                    Map::new()
                }
            },
            Some(other) => {
                self.set_aside(name, other, "is no JSON object");
                Map::new()
            }
        }
    }
}

/// Returns the name, or the first with a number behind it that nothing has.
pub(super) fn free(taken: &Map<String, Value>, name: String) -> String {
    if !taken.contains_key(&name) {
        return name;
    }
    let mut numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = numbered.find(|name| !taken.contains_key(name));
    free.expect("there are more numbers than names")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and in range"
)]
fn as_whole(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then_some(number as u64)
}

/// Returns the beginning of a text, of at most so many characters: whole words, where the last of
/// them is not too long for that.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text;
    };
    let head = &text[..end];
    let fits = text[end..].starts_with(char::is_whitespace);
    let word = head.rfind(char::is_whitespace).filter(|_| !fits);
    match word {
        Some(word) if word > end / 2 => head[..word].trim_end(),
        _ => head.trim_end(),
    }
}
