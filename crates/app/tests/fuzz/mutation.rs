//! What may befall a file on its way.

use proptest::prelude::*;

/// No input grows beyond so many bytes.
const LARGEST: usize = 1 << 20;

/// Pieces that programs stumble over.
const HOSTILE: [&[u8]; 44] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b"\"\"",
    b"-0",
    b"1e999999",
    b"-1e-999999",
    b"99999999999999999999999999",
    b"4294967296",
    b"0.1",
    b"\"\\ud800\"",
    b"\\u0000",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc3",
    b"\xf4\x90\x80\x80",
    b"\"9999-12-31T23:59:59.9999999Z\"",
    b"\"-009999-01-01T00:00:00Z\"",
    b"\"2026-02-30 25:61:61\"",
    b"' OR 1=1; DROP TABLE nodes; --",
    b"\" OR \"*\" NEAR(a b, 1) NOT {title}:^",
    b"%s%n${x}{{x}}",
    b"../../etc/passwd",
    "😀\u{fe0f}\u{200d}👩‍💻🇩🇪".as_bytes(),
    "\u{202e}\u{2066}\u{200b}\u{ad}\u{feff}".as_bytes(),
    "a\u{301}\u{302}\u{303}\u{304}\u{305}".as_bytes(),
    "İıßŉǰΐﷺ㏂".as_bytes(),
    "数据库连接タワー데이터".as_bytes(),
    b"getUserById_snake-case.rs/C++",
    b"\"memories\": [",
    b"{\"type\": \"entity\"",
];

/// One thing that befalls a text of any length; places count around its end.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    End {
        at: usize,
    },
    Cut {
        at: usize,
        length: usize,
    },
    Flip {
        at: usize,
        bit: u8,
    },
    Set {
        at: usize,
        byte: u8,
    },
    Insert {
        at: usize,
        hostile: usize,
    },
    Flood {
        at: usize,
        hostile: usize,
        times: usize,
    },
    Repeat {
        at: usize,
        length: usize,
        times: usize,
    },
    Move {
        at: usize,
        length: usize,
        to: usize,
    },
    SwapLines {
        one: usize,
        other: usize,
    },
    /// A piece of another seed.
    Splice {
        at: usize,
        seed: usize,
        from: usize,
        length: usize,
    },
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || 0..1_usize << 32;
    let length = || prop_oneof![3 => 0..24_usize, 1 => 0..4_096_usize];
    let hostile = || 0..HOSTILE.len();
    prop_oneof![
        1 => at().prop_map(|at| Mutation::End { at }),
        2 => (at(), length()).prop_map(|(at, length)| Mutation::Cut { at, length }),
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip { at, bit }),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set { at, byte }),
        4 => (at(), hostile()).prop_map(|(at, hostile)| Mutation::Insert { at, hostile }),
        1 => (at(), hostile(), 1..2_000_usize)
            .prop_map(|(at, hostile, times)| Mutation::Flood { at, hostile, times }),
        2 => (at(), length(), 1..40_usize)
            .prop_map(|(at, length, times)| Mutation::Repeat { at, length, times }),
        1 => (at(), length(), at())
            .prop_map(|(at, length, to)| Mutation::Move { at, length, to }),
        1 => (at(), at()).prop_map(|(one, other)| Mutation::SwapLines { one, other }),
        2 => (at(), at(), at(), length())
            .prop_map(|(at, seed, from, length)| Mutation::Splice { at, seed, from, length }),
    ]
}

impl Mutation {
    /// Mutates a text, with pieces of `seeds` where it takes some.
    pub(crate) fn befall(&self, text: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let place = |at: usize, text: &[u8]| at % (text.len() + 1);
        let piece = |at: usize, length: usize, text: &[u8]| {
            let at = place(at, text);
            at..text.len().min(at + length)
        };
        match *self {
            Self::End { at } => text.truncate(place(at, text)),
            Self::Cut { at, length } => drop(text.drain(piece(at, length, text))),
            Self::Flip { at, bit } => {
                let at = place(at, text);
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Set { at, byte } => {
                let at = place(at, text);
                if let Some(there) = text.get_mut(at) {
                    *there = byte;
                }
            }
            Self::Insert { at, hostile } => insert(text, place(at, text), HOSTILE[hostile]),
            Self::Flood { at, hostile, times } => {
                insert(text, place(at, text), &HOSTILE[hostile].repeat(times));
            }
            Self::Repeat { at, length, times } => {
                let piece = piece(at, length, text);
                let repeated = text[piece.clone()].repeat(times);
                insert(text, piece.end, &repeated);
            }
            Self::Move { at, length, to } => {
                let moved: Vec<u8> = text.drain(piece(at, length, text)).collect();
                insert(text, place(to, text), &moved);
            }
            Self::SwapLines { one, other } => {
                let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
                let (one, other) = (one % lines.len(), other % lines.len());
                lines.swap(one, other);
                *text = lines.join(&b'\n');
            }
            Self::Splice {
                at,
                seed,
                from,
                length,
            } => {
                let seed = &seeds[seed % seeds.len()];
                insert(text, place(at, text), &seed[piece(from, length, seed)]);
            }
        }
    }
}

fn insert(text: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let room = LARGEST.saturating_sub(text.len()).min(piece.len());
    text.splice(at..at, piece[..room].iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mutation_keeps_to_the_text() {
        let seeds = [b"seed one".to_vec(), Vec::new()];
        let places = [0, 1, 7, 8, 9, usize::MAX];
        for at in places {
            for to in places {
                for text in [&b""[..], b"a\nbc", b"01234567"] {
                    let all = [
                        Mutation::End { at },
                        Mutation::Cut {
                            at,
                            length: to.min(100),
                        },
                        Mutation::Flip { at, bit: 7 },
                        Mutation::Set { at, byte: 255 },
                        Mutation::Insert { at, hostile: 24 },
                        Mutation::Flood {
                            at,
                            hostile: 0,
                            times: 3,
                        },
                        Mutation::Repeat {
                            at,
                            length: 2,
                            times: 3,
                        },
                        Mutation::Move { at, length: 3, to },
                        Mutation::SwapLines { one: at, other: to },
                        Mutation::Splice {
                            at,
                            seed: to,
                            from: to,
                            length: 3,
                        },
                    ];
                    for mutation in all {
                        let mut text = text.to_vec();
                        mutation.befall(&mut text, &seeds);
                        assert!(text.len() < 40, "{mutation:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_text_grows_without_end() {
        let mut text = vec![b'a'; LARGEST - 1];
        for _ in 0..3 {
            let flood = Mutation::Flood {
                at: 5,
                hostile: 30,
                times: 2_000,
            };
            flood.befall(&mut text, &[]);
        }
        assert_eq!(text.len(), LARGEST);
    }
}
