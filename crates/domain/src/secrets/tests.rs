//! All secrets here are made up, and put together only when the tests run: the scanners of code
//! hosts would take them for real ones.

use proptest::prelude::*;

use super::pattern::READ;
use super::*;

const MIXED: &str = "aZ3kQ9mT7xB2nR5vL8pW4cY6";
const SIGNS: &str = "aZ3kQ_9mT7-xB2nR5v";
const HEX: &str = "3f9a0c7be1d25846";
const EDDSA: &str = "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9";
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

fn long(piece: &str, length: usize) -> String {
    piece.chars().cycle().take(length).collect()
}

fn mixed(length: usize) -> String {
    long(MIXED, length)
}

fn signs(length: usize) -> String {
    long(SIGNS, length)
}

fn hex(length: usize) -> String {
    long(HEX, length)
}

fn aws_id(length: usize) -> String {
    long("Q7ZK2MDV5RTXW3HB", length)
}

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----")
}

fn signed(header: &str) -> String {
    format!(
        "{header}.eyJhIjoicnciLCJpYXQiOjE3NjAwMDAwMDB9.{}",
        signs(86)
    )
}

type Secrets = Vec<(&'static str, String)>;

/// What every rule finds.
fn secrets() -> Secrets {
    [clouds(), code(), models(), services(), keys(), urls()].concat()
}

fn clouds() -> Secrets {
    vec![
        ("AWS access key", format!("AKIA{}", aws_id(16))),
        (
            "AWS secret key",
            format!("aws_secret_access_key = {}", long("aZ3/kQ9+mT7xB2", 40)),
        ),
        (
            "AWS secret key",
            format!(
                "{{\"SecretAccessKey\": \"{}\"}}",
                long("aZ3/kQ9+mT7xB2", 40)
            ),
        ),
        ("Google API key", format!("AIza{}", signs(35))),
        ("Google API key", format!("AQ.Ab{}", signs(48))),
        ("Google OAuth secret", format!("GOCSPX-{}", signs(28))),
        ("Google OAuth token", format!("ya29.{}", signs(60))),
        (
            "Azure storage key",
            format!(
                "DefaultEndpointsProtocol=https;AccountKey={}==;EndpointSuffix=x",
                mixed(86)
            ),
        ),
        (
            "Azure shared access key",
            format!("SharedAccessKeyName=Root;SharedAccessKey={}=", mixed(43)),
        ),
        (
            "Azure shared access signature",
            format!(
                "https://a.blob.core.windows.net/c?sv=1&sig={}%3D",
                mixed(43)
            ),
        ),
        ("Azure client secret", format!("aB38Q~{}", mixed(34))),
        ("DigitalOcean token", format!("dop_v1_{}", hex(64))),
        ("Fly.io token", format!("fo1_{}", signs(43))),
        ("Fly.io token", format!("fm2_{}", mixed(200))),
        ("Databricks token", format!("dapi{}", hex(32))),
        ("Databricks token", format!("dapi{}-2", hex(32))),
        ("Vault token", format!("hvs.{}", mixed(95))),
    ]
}

fn code() -> Secrets {
    let mut secrets = vec![
        ("GitHub token", format!("ghp_{}", mixed(36))),
        ("GitHub token", format!("ghs_123456_{}", signed(EDDSA))),
        (
            "GitHub token",
            format!("github_pat_{}_{}", mixed(22), mixed(59)),
        ),
        ("GitLab token", format!("glpat-{}", mixed(20))),
        ("GitLab token", format!("glpat-{}.0a1b2c3d4", mixed(30))),
        ("npm token", format!("npm_{}", mixed(36))),
        ("PyPI token", format!("pypi-AgEIcHlwaS5vcmc{}", signs(120))),
        ("RubyGems key", format!("rubygems_{}", hex(48))),
    ];
    for prefix in ["gho_", "ghu_", "ghr_", "ghs_"] {
        secrets.push(("GitHub token", prefix.to_owned() + &mixed(36)));
    }
    secrets
}

fn models() -> Secrets {
    vec![
        (
            "OpenAI key",
            format!("sk-{}T3Blbk{}{}", mixed(20), "FJ", mixed(20)),
        ),
        (
            "OpenAI key",
            format!("sk-proj-{}T3Blbk{}{}", signs(74), "FJ", signs(74)),
        ),
        ("OpenAI key", format!("sk-svcacct-{}", signs(150))),
        ("Anthropic key", format!("sk-ant-api03-{}AA", mixed(93))),
        ("Anthropic key", format!("sk-ant-admin01-{}AA", mixed(93))),
        ("Hugging Face token", format!("hf_{}", mixed(34))),
        ("Groq key", format!("gsk_{}", mixed(52))),
        ("OpenRouter key", format!("sk-or-v1-{}", hex(64))),
        ("xAI key", format!("xai-{}", mixed(80))),
        ("Perplexity key", format!("pplx-{}", mixed(48))),
    ]
}

fn services() -> Secrets {
    vec![
        (
            "Slack token",
            format!("xoxb-31582047961-31582047962-{}", mixed(24)),
        ),
        (
            "Slack token",
            format!("xapp-1-A0B1C2D3E4F-3158204796123-{}", hex(64)),
        ),
        (
            "Slack webhook",
            format!(
                "https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D4E/{}",
                mixed(24)
            ),
        ),
        ("Telegram bot token", format!("123456789:AA{}", signs(33))),
        (
            "Discord bot token",
            format!("MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.{}", signs(38)),
        ),
        (
            "Discord webhook",
            format!(
                "https://discord.com/api/webhooks/123456789012345678/{}",
                signs(68)
            ),
        ),
        ("Linear key", format!("lin_api_{}", mixed(40))),
        ("Notion token", format!("ntn_12345678901{}", mixed(35))),
        ("Grafana token", format!("glsa_{}_{}", mixed(32), hex(8))),
        ("Postman key", format!("PMAK-{}-{}", hex(24), hex(34))),
        ("Stripe key", format!("sk_live_{}", mixed(24))),
        ("Stripe key", format!("rk_test_{}", mixed(99))),
        ("Stripe webhook secret", format!("whsec_{}", mixed(32))),
        ("Twilio key", format!("SK{}", hex(32))),
        ("SendGrid key", format!("SG.{}.{}", mixed(22), mixed(43))),
        ("Shopify token", format!("shpat_{}", hex(32))),
    ]
}

fn keys() -> Secrets {
    let mut secrets = vec![
        ("JSON web token", signed(EDDSA)),
        (
            "JSON web token",
            signed("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"),
        ),
        (
            "private key",
            format!("PuTTY-User-Key-File-{}: ssh-ed25519", 3),
        ),
        (
            "private key",
            format!("-----BEGIN {}-----\\nMIIE{}\\n", "PRIVATE KEY", mixed(60)),
        ),
        (
            "age secret key",
            format!("AGE-SECRET-KEY-1{}", long(BECH32, 58)),
        ),
        (
            "age secret key",
            format!("AGE-SECRET-KEY-PQ-1{}", long(BECH32, 58)),
        ),
    ];
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        secrets.push(("private key", pem(label, &mixed(64))));
    }
    let encrypted = format!(
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{}\n\n{}",
        hex(32),
        mixed(64)
    );
    secrets.push(("private key", pem("RSA PRIVATE KEY", &encrypted)));
    secrets
}

fn urls() -> Secrets {
    [
        "postgres://app:s3cr3t-Pw9@db.internal:5432/app",
        "redis://:hunter2pass@cache:6379",
        "mongodb+srv://u:p4ssw0rd@c.mongodb.net",
        "https://me:pä:sswörd@[::1]/",
    ]
    .map(|url| ("password in a URL", url.to_owned()))
    .to_vec()
}

/// What looks like a secret for a while.
fn harmless() -> Vec<String> {
    let mut harmless = vec![
        format!("AKIA{}", aws_id(15)),
        format!("AKIA{}", aws_id(17)),
        format!("AKIA{}", aws_id(16)).to_lowercase(),
        format!("XAKIA{}", aws_id(16)),
        format!("AKIA{}", long("0189", 16)),
        format!("AKIA{}", "IOSFODNN7EXAMPLE"),
        format!("aws_secret_access_key = {}", mixed(39)),
        format!("aws_secret_access_key = {}", mixed(41)),
        format!("AIza{}", signs(34)),
        format!("AIza{}", signs(36)),
        format!("AQ.Ab{}", signs(20)),
        format!("AccountKey={}", mixed(40)),
        format!("?sig={}", mixed(60)),
        format!("aB3xQ~{}", mixed(34)),
        format!("dop_v1_{}", hex(63)),
        format!("fo1_{}", signs(42)),
        format!("dapi{}", hex(31)),
        format!("dapi{}g", hex(32)),
        format!("hvs.{}", mixed(89)),
        format!("ghp_{}", mixed(35)),
        format!("ghx_{}", mixed(36)),
        format!("ghp_{}_x", mixed(36)),
        format!("ghp_{}", "x".repeat(36)),
        format!("ghs_{}", mixed(30)),
        format!("ghs_123456_{}", mixed(40)),
        format!("github_pat_{}", mixed(82)),
        format!("glpat-{}", mixed(19)),
        format!("npm_{}", mixed(35)),
        format!("npm_{}", mixed(37)),
        format!("pypi-AgEIcHlwaS5vcmc{}", signs(49)),
        format!("rubygems_{}", hex(47)),
        format!("sk-{}", mixed(48)),
        format!("sk-proj-{}", mixed(60)),
        format!("sk-ant-api03-{}", mixed(40)),
        format!("hf_{}", mixed(33)),
        format!("hf_{}", long("ab", 34)),
        format!("gsk_{}", mixed(51)),
        format!("sk-or-v1-{}", hex(63)),
        format!("xai-{}", mixed(79)),
        format!("pplx-{}", mixed(47)),
        format!("xoxb-your-{}", mixed(24)),
        format!("xapp-1-A0-3158-{}", hex(19)),
        format!("123456789:AB{}", signs(33)),
        format!("12345678901:AA{}", signs(33)),
        format!("MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcD.{}", signs(38)),
        format!("Module_of_some_project_x.method.{}", signs(38)),
        format!("lin_api_{}", mixed(39)),
        format!("ntn_{}", mixed(46)),
        format!("glsa_{}_{}", mixed(32), hex(7)),
        format!("PMAK-{}-{}", hex(24), hex(33)),
        format!("pk_live_{}", mixed(24)),
        format!("task_live_{}", mixed(24)),
        format!("sk_test_{}", mixed(15)),
        format!("whsec_{}", mixed(31)),
        format!("SK{}", hex(31)),
        format!("DISK{}", hex(32)),
        format!("AC{}", hex(32)),
        format!("SG.{}.{}", mixed(22), mixed(42)),
        format!("shpat_{}", hex(31)),
        format!("{EDDSA}.eyJhIjoicnciLCJpYXQiOjE3NjAwMDAwMDB9."),
        signed(&format!("eyJ{}", mixed(33))),
        pem("PUBLIC KEY", &mixed(64)),
        pem("CERTIFICATE", &mixed(64)),
        pem("RSA PRIVATE KEY", "..."),
        pem("PRIVATE KEY", &"plain words ".repeat(40)),
        pem("PRIVATE KEY", &"x".repeat(64)),
        format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}", mixed(43)),
        format!("age1{}", long(BECH32, 58).to_lowercase()),
        format!("AGE-SECRET-KEY-1{}", long(BECH32, 57)),
    ];
    harmless.extend(
        [
            "AWS_SECRET_ACCESS_KEY must be set",
            "aws_secret_access_key = $AWS_SECRET",
            "ghp_xxx and ghp_<token>",
            "regl-pat-",
            "task-force-one, sk-learn, sk-proj-abc, sk-ant-api03-...",
            "FAQ.About, AQ.Ab",
            "hf_hub_download, hf_transfer, npm_config_registry, pypi-server, xai-sdk",
            "xoxb-your-token, xoxb-123, xapp-token",
            "https://hooks.slack.com/services/T000/B000/YYY",
            "https://discord.com/api/webhooks/ID/TOKEN",
            "SharedAccessKeyName=Root;SharedAccessKey=...;AccountKey=<key>",
            "?sig=abc&signature=",
            "header.payload.signature, eyJ0eXAi.eyJhIjox.x",
            "password = hunter2hunter2, token = refresh_token(), secret: null",
            "12:30:AA, Some.module.name, PuTTY, AGE-SECRET-KEY-1",
            "postgres://app@db:5432/app and postgres://localhost:5432/app",
            "https://example.com:8080/a@b http://host:80/x@y mailto:a@b.c",
            "git@github.com:o/r.git libsql://db-org.turso.io",
            "postgres://postgres:postgres@localhost mysql://app:app@db",
            "postgres://u:${PW}@db, postgres://u:<pw>@db, postgres://u:****@db",
            "postgres://u:your-password@db, amqp://u:Change_Me@mq, redis://:xxxx@r",
            "postgres://user:…@db",
        ]
        .map(str::to_owned),
    );
    harmless
}

#[test]
fn each_secret_is_found_wherever_it_stands() {
    for (kind, secret) in secrets() {
        for text in [
            secret.clone(),
            format!("key \"{secret}\" here"),
            format!("Größe X={secret}\nnext"),
            format!("({secret})"),
            format!("It is {secret}, they say"),
        ] {
            let kinds: Vec<_> = find(&text).iter().map(|found| found.kind).collect();
            assert_eq!(kinds, [kind], "{text:?}");
        }
    }
}

#[test]
fn each_rule_finds_a_secret() {
    let secrets = secrets();
    for (number, rule) in rules::RULES.iter().enumerate() {
        let finds = |secret: &str| (0..secret.len()).any(|at| rule.matched(secret, at).is_some());
        let finds = secrets
            .iter()
            .any(|(kind, secret)| *kind == rule.kind && finds(secret));
        assert!(finds, "rule {number}, {}", rule.kind);
    }
}

#[test]
fn what_only_resembles_a_secret_is_not_found() {
    for text in harmless() {
        assert_eq!(find(&text), [], "{text:?}");
    }
}

#[test]
fn what_is_found_is_the_secret_without_what_gave_it_away() {
    let only = |text: &str| {
        let [found] = find(text)[..] else {
            panic!("one secret in {text:?}")
        };
        text[found.start..found.end].to_owned()
    };
    let token = format!("ghp_{}", mixed(36));
    assert_eq!(only(&format!("use {token}.")), token);
    assert_eq!(only("redis://:hunter2pass@cache:6379"), "hunter2pass");
    assert_eq!(
        only(&format!("AWS_SECRET_ACCESS_KEY='{}'", mixed(40))),
        mixed(40)
    );
    let key = pem("EC PRIVATE KEY", &format!("{}\n{}==", mixed(64), mixed(22)));
    let body = only(&format!("x {key}"));
    assert!(body.ends_with(&format!("{}==\n", mixed(22))), "{body:?}");
}

#[test]
fn the_longest_of_several_readings_is_found() {
    let token = signed(EDDSA);
    let text = format!("ghs_123456_{token} https://x:{token}@host");
    let found = find(&text);
    let kinds: Vec<_> = found.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, ["GitHub token", "JSON web token"]);
    let short = format!("https://x:ghp_{}@host", mixed(36));
    assert_eq!(find(&short)[0].kind, "password in a URL");
}

#[test]
fn several_secrets_are_found_in_order() {
    let all: Vec<_> = secrets();
    let text: Vec<_> = all.iter().map(|(_, secret)| secret.as_str()).collect();
    let kinds: Vec<_> = find(&text.join("\n- "))
        .iter()
        .map(|found| found.kind)
        .collect();
    let expected: Vec<_> = all.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn hostile_text_is_read_a_few_times_at_most() {
    let signs = [
        "", " ", "-", "_", ".", "/", ":", "=", "@", "a", "0", "\"", "é",
    ];
    let beginnings = secrets().into_iter().chain([
        ("", "a://b:".to_owned()),
        ("", "a.b://c:d".to_owned()),
        ("", "https://a:bcd@".to_owned()),
        ("", "eyJaaaaaaaaaa".to_owned()),
        ("", "?sig=".to_owned()),
        ("", "0".to_owned()),
        ("", "-----BEGIN A PRIVATE KEY-----".to_owned()),
    ]);
    for (_, secret) in beginnings {
        for length in [3, 5, 14, secret.len() / 2 + 1, secret.len()] {
            let start = secret.get(..length).unwrap_or(&secret);
            for sign in signs {
                let piece = format!("{start}{sign}");
                let text = piece.repeat(2_000 / piece.len() + 1);
                READ.set(0);
                find(&text);
                assert!(
                    READ.get() <= 12 * text.len(),
                    "{} for {piece:?}",
                    READ.get()
                );
            }
        }
    }
}

/// Text with secrets, pieces of secrets, and what may stand between them.
fn mixed_text() -> impl Strategy<Value = String> {
    let all: Vec<_> = secrets().into_iter().map(|(_, secret)| secret).collect();
    let secret = prop::sample::select(all);
    let cut = (secret.clone(), any::<prop::sample::Index>()).prop_map(|(secret, at)| {
        let at = at.index(secret.len());
        secret.chars().take(at).collect()
    });
    let piece = prop_oneof![
        2 => secret,
        2 => cut,
        2 => "[ \n:@/=.\"'-]{1,2}",
        1 => "\\PC{0,6}",
        1 => "[a-z]{1,6}://\\PC{0,3}:\\PC{0,6}@",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_found_is_in_the_text_and_in_order(text in mixed_text()) {
        let mut end = 0;
        for found in find(&text) {
            prop_assert!(end <= found.start && found.start < found.end);
            prop_assert!(text.get(found.start..found.end).is_some());
            end = found.end;
        }
    }

    #[test]
    fn a_secret_is_found_between_other_words(
        before in "[ -.0-9;-~äß日🚀\n]{0,60}",
        (kind, secret) in prop::sample::select(secrets()),
        after in "[ -.0-9;-~äß日🚀\n]{0,60}",
    ) {
        let text = format!("{before}\n{secret}\n{after}");
        prop_assert!(find(&text).iter().any(|found| found.kind == kind), "{text:?}");
    }

    #[test]
    fn plain_words_hold_no_secret(text in "([A-Za-z]{1,20}[ ,.:;/@=_-]{1,2}){0,40}") {
        prop_assert_eq!(find(&text), []);
    }
}
