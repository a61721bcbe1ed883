//! How a secret looks: one part after the other, read forwards and never taken back.

use super::Found;

/// A secret that is made by chance has at least as many different characters.
const FEWEST_DISTINCT: u32 = 6;

/// Set of bytes. The bytes of a character beyond ASCII are in it together, or not at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alphabet {
    ascii: u128,
    beyond: bool,
}

impl Alphabet {
    /// The characters of an ASCII text.
    pub(super) const fn of(characters: &str) -> Self {
        let bytes = characters.as_bytes();
        let (mut ascii, mut at) = (0, 0);
        while at < bytes.len() {
            ascii |= 1 << bytes[at];
            at += 1;
        }
        let beyond = false;
        Self { ascii, beyond }
    }

    /// These, and the characters of an ASCII text.
    pub(super) const fn and(self, characters: &str) -> Self {
        Self {
            ascii: self.ascii | Self::of(characters).ascii,
            ..self
        }
    }

    /// All characters but the printable ones of an ASCII text, blanks and controls.
    pub(super) const fn visible_without(characters: &str) -> Self {
        let controls_and_blank = (1 << 33) - 1;
        Self {
            ascii: !(controls_and_blank | Self::of(characters).ascii | 1 << 127),
            beyond: true,
        }
    }

    fn has(self, byte: u8) -> bool {
        if byte.is_ascii() {
            self.ascii >> byte & 1 == 1
        } else {
            self.beyond
        }
    }
}

/// What comes next in a secret, or beside it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Exactly this text.
    Text(&'static str),
    /// This text, in capitals or not.
    AnyCase(&'static str),
    /// The first of these texts that is there.
    OneOf(&'static [&'static str]),
    /// All characters of an alphabet that follow, at least and at most so many bytes.
    Run(Alphabet, usize, usize),
    /// As a run, and of enough different characters to be made by chance.
    Random(Alphabet, usize, usize),
    /// A random run of at least so many bytes, after at most so many others.
    Near(usize, Alphabet, usize),
    /// These parts, or nothing.
    Maybe(&'static [Self]),
    /// No character of the alphabet; nothing is read.
    Not(Alphabet),
    /// The secret begins here: what is before it only gives it away.
    Begin,
    /// The secret ends here: what is after it only gives it away.
    End,
}

/// The looks of one kind of secret.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) kind: &'static str,
    /// What may not come before.
    not_after: Alphabet,
    parts: &'static [Part],
    plausible: fn(&Candidate<'_>) -> bool,
}

impl Rule {
    pub(super) const fn new(
        kind: &'static str,
        not_after: Alphabet,
        parts: &'static [Part],
    ) -> Self {
        Self {
            kind,
            not_after,
            parts,
            plausible: |_| true,
        }
    }

    /// The same looks, where a look inside confirms them.
    pub(super) const fn if_plausible(self, plausible: fn(&Candidate<'_>) -> bool) -> Self {
        Self { plausible, ..self }
    }

    /// Says whether this byte can be the first one.
    pub(super) fn can_begin_with(&self, byte: u8) -> bool {
        match self.parts[0] {
            Part::Text(text) => text.as_bytes()[0] == byte,
            Part::AnyCase(text) => text.as_bytes()[0].eq_ignore_ascii_case(&byte),
            Part::OneOf(texts) => texts.iter().any(|text| text.as_bytes()[0] == byte),
            Part::Run(alphabet, ..) | Part::Random(alphabet, ..) => alphabet.has(byte),
            _ => true,
        }
    }

    /// Reads the secret that begins at a byte of the text.
    pub(super) fn matched<'a>(&self, text: &'a str, at: usize) -> Option<Candidate<'a>> {
        let before = at.checked_sub(1).map(|before| text.as_bytes()[before]);
        if before.is_some_and(|byte| self.not_after.has(byte)) {
            return None;
        }
        let mut reader = Reader {
            text: text.as_bytes(),
            at,
            begin: at,
            end: None,
        };
        reader.read(self.parts)?;
        let candidate = Candidate {
            kind: self.kind,
            whole: text.get(at..reader.at)?,
            secret: text.get(reader.begin..reader.end.unwrap_or(reader.at))?,
            at,
            begin: reader.begin,
        };
        let is_example = candidate.secret.to_ascii_lowercase().contains("example");
        (!is_example && (self.plausible)(&candidate)).then_some(candidate)
    }
}

/// Text that looks like a secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    kind: &'static str,
    /// The secret with what gave it away.
    pub(super) whole: &'a str,
    pub(super) secret: &'a str,
    at: usize,
    begin: usize,
}

impl Candidate<'_> {
    pub(super) fn length(&self) -> usize {
        self.whole.len()
    }

    /// The byte of the text after all that was read.
    pub(super) fn after(&self) -> usize {
        self.at + self.whole.len()
    }

    pub(super) fn found(&self) -> Found {
        Found {
            kind: self.kind,
            start: self.begin,
            end: self.begin + self.secret.len(),
        }
    }
}

#[derive(Debug)]
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    begin: usize,
    end: Option<usize>,
}

impl Reader<'_> {
    /// Reads all parts, or says with `None` that something else is there.
    fn read(&mut self, parts: &[Part]) -> Option<()> {
        parts.iter().try_for_each(|part| self.read_part(*part))
    }

    fn read_part(&mut self, part: Part) -> Option<()> {
        let rest = &self.text[self.at..];
        let is_next = |text: &&str| rest.starts_with(text.as_bytes());
        let length = match part {
            Part::Text(text) => Some(text).filter(is_next)?.len(),
            Part::AnyCase(text) => {
                let next = rest.get(..text.len())?;
                let is_same = next.eq_ignore_ascii_case(text.as_bytes());
                is_same.then_some(text.len())?
            }
            Part::OneOf(texts) => texts.iter().copied().find(is_next)?.len(),
            Part::Run(alphabet, least, most) => run(rest, alphabet, least, most)?,
            Part::Random(alphabet, least, most) => {
                let length = run(rest, alphabet, least, most)?;
                is_random(&rest[..length]).then_some(length)?
            }
            Part::Near(span, alphabet, least) => {
                let (start, length) = near(rest, span, alphabet, least)?;
                is_random(&rest[start..start + length]).then_some(start + length)?
            }
            Part::Maybe(parts) => {
                let at = self.at;
                if self.read(parts).is_none() {
                    self.at = at;
                }
                0
            }
            Part::Not(alphabet) => {
                let is_other = rest.first().is_none_or(|byte| !alphabet.has(*byte));
                is_other.then_some(0)?
            }
            Part::Begin => {
                self.begin = self.at;
                0
            }
            Part::End => {
                self.end = Some(self.at);
                0
            }
        };
        self.at += length;
        Some(())
    }
}

/// The length of the run at the start of a text, when it is one that is allowed.
fn run(text: &[u8], alphabet: Alphabet, least: usize, most: usize) -> Option<usize> {
    let bytes = text.iter().take(most.saturating_add(1));
    let length = bytes.take_while(|byte| alphabet.has(**byte)).count();
    #[cfg(test)]
    READ.set(READ.get() + length);
    (least..=most).contains(&length).then_some(length)
}

/// Where the first run that is long enough begins, within the first `span` bytes, and its length.
fn near(text: &[u8], span: usize, alphabet: Alphabet, least: usize) -> Option<(usize, usize)> {
    let mut at = 0;
    while at <= span {
        let length = run(&text[at..], alphabet, 0, usize::MAX)?;
        if length >= least {
            return Some((at, length));
        }
        at += length + 1;
        if at > text.len() {
            return None;
        }
    }
    None
}

fn is_random(bytes: &[u8]) -> bool {
    let seen = bytes.iter().filter(|byte| byte.is_ascii());
    let seen = seen.fold(0_u128, |seen, byte| seen | 1 << byte);
    seen.count_ones() >= FEWEST_DISTINCT
}

#[cfg(test)]
thread_local! {
    /// How many bytes of runs this thread has read, by which tests know the cost of a text.
    pub(super) static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
