use std::fmt;

/// How much of an offending value an error shows.
const SHOWN: usize = 60;

/// A value breaks a rule of the domain: says which field, which rule, and the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}, got {value}")]
pub struct Invalid {
    field: &'static str,
    rule: String,
    value: String,
}

impl Invalid {
    /// Says that `field` breaks `rule` ("has 1 to 200 characters") with `value`.
    ///
    /// A long value is shortened, since it ends up in messages.
    pub fn new(field: &'static str, rule: impl Into<String>, value: impl fmt::Display) -> Self {
        let value = value.to_string();
        let mut shown: String = value.chars().take(SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self {
            field,
            rule: rule.into(),
            value: shown,
        }
    }

    /// Names the field as callers write it.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Says what would have been right.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

/// Fails unless `text` has `least..=most` characters and none of them is NUL, which no engine's
/// JSON functions carry through.
pub(crate) fn check_text(
    field: &'static str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<(), Invalid> {
    // Counting characters walks the text, and most texts are shorter than the limit in bytes.
    let long = text.len() > most && text.chars().count() > most;
    let short = text.len() < least;
    if long || short {
        let rule = if least == 0 {
            format!("has at most {most} characters")
        } else {
            format!("has {least} to {most} characters")
        };
        return Err(Invalid::new(
            field,
            rule,
            format_args!("{} ({text:?})", text.chars().count()),
        ));
    }
    if text.contains('\0') {
        return Err(Invalid::new(
            field,
            "must not hold the NUL character",
            format_args!("{text:?}"),
        ));
    }
    Ok(())
}

/// Reads a name of an enumeration, or names the choices.
pub(crate) fn parse_name<T: Copy>(
    field: &'static str,
    name: &str,
    choices: impl Iterator<Item = T>,
    as_str: fn(T) -> &'static str,
) -> Result<T, Invalid> {
    let mut names = Vec::new();
    for choice in choices {
        if as_str(choice).eq_ignore_ascii_case(name) {
            return Ok(choice);
        }
        names.push(as_str(choice));
    }
    Err(Invalid::new(
        field,
        format!("is one of {}", names.join(", ")),
        format_args!("{name:?}"),
    ))
}
