//! The words of the corpus, the commonest first.

use std::collections::HashSet;

use crate::chance::Chance;

/// How many words there are.
pub(super) const COUNT: usize = 4_000;

/// What a sentence puts between the words that say something.
#[rustfmt::skip]
pub(super) const SMALL: &[&str] = &[
    "the", "a", "in", "of", "to", "and", "is", "for", "with", "on", "when", "that", "from", "it",
    "by", "was", "as", "at", "this", "not", "be", "are", "after", "because", "we", "only",
    "before", "but", "into", "while",
];

#[rustfmt::skip]
const COMMON: &[&str] = &[
    "error", "service", "request", "user", "data", "cache", "server", "test", "file", "timeout",
    "query", "database", "client", "connection", "response", "token", "config", "memory",
    "deploy", "build", "queue", "worker", "thread", "index", "table", "schema", "migration",
    "session", "retry", "failure", "latency", "log", "metric", "alert", "release", "branch",
    "commit", "merge", "review", "pipeline", "container", "image", "cluster", "node", "pod",
    "volume", "network", "proxy", "gateway", "route", "header", "cookie", "password", "secret",
    "certificate", "key", "encryption", "permission", "role", "policy", "account", "payment",
    "invoice", "order", "customer", "product", "price", "basket", "checkout", "refund",
    "shipping", "address", "email", "message", "event", "stream", "topic", "consumer", "producer",
    "offset", "partition", "replica", "leader", "quorum", "lock", "transaction", "isolation",
    "deadlock", "rollback", "snapshot", "backup", "restore", "archive", "storage", "bucket",
    "upload", "download", "bandwidth", "disk", "buffer", "heap", "stack", "pointer", "leak",
    "crash", "panic", "exception", "trace", "profile", "benchmark", "regression", "coverage",
    "fixture", "mock", "assertion", "compiler", "linker", "library", "package", "dependency",
    "version", "feature", "flag", "option", "argument", "parameter", "function", "method",
    "class", "interface", "module", "crate", "trait", "macro", "closure", "iterator", "future",
    "runtime", "scheduler", "timer", "clock", "socket", "packet", "protocol", "handshake",
    "parser", "lexer", "grammar", "syntax", "encoding", "unicode", "locale", "translation",
    "template", "component", "button", "layout", "style", "theme", "animation", "canvas",
    "shader", "texture", "camera", "sensor", "device", "firmware", "driver", "kernel", "process",
    "signal", "pipe", "shell", "script", "terminal", "editor", "plugin", "extension", "agent",
    "prompt", "model", "embedding", "vector", "graph", "edge", "search", "ranking", "filter",
    "cursor", "page", "limit", "batch", "window", "schedule", "calendar", "report", "dashboard",
    "chart", "export", "import", "webhook", "endpoint", "validation", "constraint", "column",
    "row", "trigger", "view", "join", "cost", "estimate", "deadline", "incident", "outage",
    "postmortem", "owner", "ticket", "sprint", "decision", "proposal",
];

#[rustfmt::skip]
const ACCENTED: &[&str] = &[
    "Überraschung", "Größe", "Änderung", "façade", "naïve", "café", "déjà", "señal", "mañana",
    "Müller", "Zürich", "Åland", "søk", "łódka", "žurnál", "příkaz", "rôle", "coöperate", "élan",
    "Île",
];

#[rustfmt::skip]
const CYRILLIC: &[&str] = &[
    "поиск", "память", "ошибка", "сервер", "запрос", "ключ", "очередь", "связь", "данные",
    "отчёт", "правило", "задача", "решение", "журнал", "сеть", "поток", "сборка", "версия",
    "ветка", "проект",
];

#[rustfmt::skip]
const UNSPACED: &[&str] = &[
    "数据库", "连接超时", "缓存", "検索", "記憶", "エラー", "サーバー", "東京", "북마크", "검색", "인증서", "日志", "权限", "网络",
    "テスト", "配置", "索引", "内存泄漏", "重试", "部署",
];

#[rustfmt::skip]
const EMOJI: &[&str] = &[
    "🚀", "🔥", "🐛", "✅", "🧠", "🔒", "📦", "🎉", "💥", "🧪", "🚧", "📈", "🔑", "🕸️", "⚡", "🐢",
];

#[rustfmt::skip]
const VERBS: &[&str] = &[
    "get", "set", "load", "save", "parse", "render", "fetch", "build", "check", "send", "merge",
    "open", "close", "find", "apply", "retry",
];

#[rustfmt::skip]
const STARTS: &[&str] = &[
    "b", "br", "c", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p",
    "pl", "qu", "r", "s", "sk", "st", "t", "tr", "v", "w", "z",
];

#[rustfmt::skip]
const MIDDLES: &[&str] = &[
    "a", "e", "i", "o", "u", "ai", "ea", "io", "ou",
];

#[rustfmt::skip]
const ENDS: &[&str] = &[
    "", "b", "ck", "d", "l", "lm", "m", "n", "nd", "nt", "p", "r", "rk", "rt", "st", "t", "v", // spellchecker:disable-line
    "x",
];

/// Makes the words, each of them once, always the same.
pub(super) fn all() -> Vec<String> {
    let mut chance = Chance::new(0x57_0a_d5);
    let mut seen: HashSet<String> = HashSet::new();
    let mut words: Vec<String> = Vec::with_capacity(COUNT);
    let mut add = |word: String| {
        if seen.insert(word.clone()) {
            words.push(word);
        }
        words.len()
    };
    let mut count = 0;
    for word in COMMON {
        count = add((*word).to_owned());
    }
    let mut foreign = [ACCENTED, CYRILLIC, UNSPACED, EMOJI].concat().into_iter();
    let mut turn = 0;
    while count < COUNT {
        turn += 1;
        let word = match turn % 25 {
            0 => foreign
                .next()
                .map_or_else(|| invented(&mut chance), str::to_owned),
            5 | 15 => identifier(&mut chance),
            _ => invented(&mut chance),
        };
        count = add(word);
    }
    words
}

/// A word that one can pronounce.
fn invented(chance: &mut Chance) -> String {
    let mut word = String::new();
    for _ in 0..2 + chance.below(2) {
        word.push_str(chance.pick(STARTS));
        word.push_str(chance.pick(MIDDLES));
    }
    word.push_str(chance.pick(ENDS));
    word
}

/// A name as programs have it.
fn identifier(chance: &mut Chance) -> String {
    let verb = chance.pick(VERBS);
    let [one, other] = [chance.pick(COMMON), chance.pick(COMMON)];
    match chance.below(5) {
        0 => format!("{verb}{}{}", capital(one), capital(other)),
        1 => format!("{verb}_{one}_{other}"),
        2 => format!("{one}-{other}.rs"),
        3 => format!("{}{}", capital(one), capital(other)),
        _ => format!("src/{one}/{other}.ts"),
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
