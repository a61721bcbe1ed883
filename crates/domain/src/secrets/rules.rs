//! The kinds of secrets, and how each of them looks.

use super::pattern::Part::{AnyCase, Begin, End, Maybe, Near, Not, OneOf, Random, Run, Text};
use super::pattern::{Alphabet, Rule};
use super::plausible::{
    begins_with_number, has_entra_version, has_json_header, has_notion_number, is_openai,
    is_padded, is_private, is_real_password,
};

const ANY: usize = usize::MAX;

const NOTHING: Alphabet = Alphabet::of("");
const DIGITS: Alphabet = Alphabet::of("0123456789");
const HEX: Alphabet = DIGITS.and("abcdef");
const LOWER: Alphabet = Alphabet::of("abcdefghijklmnopqrstuvwxyz");
const LOWER_DIGITS: Alphabet = LOWER.and("0123456789");
const UPPER: Alphabet = Alphabet::of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
const UPPER_DIGITS: Alphabet = UPPER.and("0123456789");
const BASE32: Alphabet = UPPER.and("234567");
const BECH32: Alphabet = Alphabet::of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L");
const ALNUM: Alphabet = UPPER_DIGITS.and("abcdefghijklmnopqrstuvwxyz");
const WORD: Alphabet = ALNUM.and("_");
const TOKEN: Alphabet = WORD.and("-");
const BASE64: Alphabet = ALNUM.and("+/");
const ENTRA: Alphabet = TOKEN.and("~.");
const BLANKS: Alphabet = Alphabet::of(" \t\r\n");
const QUOTES: Alphabet = Alphabet::of("\"'");
const EQUALS: Alphabet = Alphabet::of("=");
const SCHEME: Alphabet = ALNUM.and("+.-");
const URL_USER: Alphabet = Alphabet::visible_without("/?#@:\"'<>`");
const URL_PASSWORD: Alphabet = Alphabet::visible_without("/?#@\"'<>`");

pub(super) static RULES: &[Rule] = &[
    // Clouds
    Rule::new(
        "AWS access key",
        WORD,
        &[
            OneOf(&["AKIA", "ASIA", "ABIA", "ACCA"]),
            Random(BASE32, 16, 16),
            Not(WORD),
        ],
    ),
    Rule::new(
        "AWS secret key",
        NOTHING,
        &[
            AnyCase("secret"),
            Maybe(&[Text("_")]),
            AnyCase("access"),
            Maybe(&[Text("_")]),
            AnyCase("key"),
            Run(QUOTES, 0, 1),
            Run(BLANKS, 0, 32),
            OneOf(&["=", ":"]),
            Run(BLANKS, 0, 32),
            Run(QUOTES, 0, 1),
            Begin,
            Random(BASE64, 40, 40),
            Not(EQUALS),
        ],
    ),
    Rule::new(
        "Google API key",
        TOKEN,
        &[Text("AIza"), Random(TOKEN, 35, 35)],
    ),
    Rule::new(
        "Google API key",
        TOKEN,
        &[Text("AQ.Ab"), Random(TOKEN, 40, ANY)],
    ),
    Rule::new(
        "Google OAuth secret",
        TOKEN,
        &[Text("GOCSPX-"), Random(TOKEN, 28, 28)],
    ),
    Rule::new(
        "Google OAuth token",
        TOKEN,
        &[Text("ya29."), Random(TOKEN, 30, ANY)],
    ),
    Rule::new(
        "Azure storage key",
        NOTHING,
        &[
            Text("AccountKey="),
            Begin,
            Random(BASE64, 86, 86),
            Text("=="),
        ],
    ),
    Rule::new(
        "Azure shared access key",
        NOTHING,
        &[
            Text("SharedAccessKey="),
            Begin,
            Random(BASE64, 43, 43),
            Text("="),
        ],
    ),
    Rule::new(
        "Azure shared access signature",
        NOTHING,
        &[
            OneOf(&["?sig=", "&sig="]),
            Begin,
            Random(BASE64.and("%="), 44, ANY),
        ],
    )
    .if_plausible(is_padded),
    Rule::new("Azure client secret", ENTRA, &[Random(ENTRA, 37, 40)])
        .if_plausible(has_entra_version),
    Rule::new(
        "DigitalOcean token",
        TOKEN,
        &[
            OneOf(&["dop_v1_", "doo_v1_", "dor_v1_"]),
            Random(HEX, 64, 64),
            Not(WORD),
        ],
    ),
    Rule::new(
        "Fly.io token",
        TOKEN,
        &[Text("fo1_"), Random(TOKEN, 43, 43)],
    ),
    Rule::new(
        "Fly.io token",
        TOKEN,
        &[
            OneOf(&["fm1_", "fm1a_", "fm1r_", "fm2_", "fm2a_", "fm2r_"]),
            Random(BASE64, 100, ANY),
        ],
    ),
    Rule::new(
        "Databricks token",
        TOKEN,
        &[
            Text("dapi"),
            Random(HEX, 32, 32),
            Maybe(&[Text("-"), Run(DIGITS, 1, 1)]),
            Not(TOKEN),
        ],
    ),
    Rule::new(
        "Vault token",
        TOKEN,
        &[OneOf(&["hvs.", "hvb.", "hvr."]), Random(TOKEN, 90, 300)],
    ),
    // Code and packages
    Rule::new(
        "GitHub token",
        TOKEN,
        &[
            OneOf(&["ghp_", "gho_", "ghu_", "ghr_", "ghs_"]),
            Random(ALNUM, 36, ANY),
            Not(WORD),
        ],
    ),
    Rule::new(
        "GitHub token",
        TOKEN,
        &[
            OneOf(&["ghs_", "ghu_"]),
            Run(DIGITS, 1, ANY),
            Text("_eyJ"),
            Random(TOKEN, 10, ANY),
            Text("."),
            Random(TOKEN, 10, ANY),
            Text("."),
            Random(TOKEN, 20, ANY),
        ],
    ),
    Rule::new(
        "GitHub token",
        TOKEN,
        &[
            Text("github_pat_"),
            Random(ALNUM, 22, 22),
            Text("_"),
            Random(ALNUM, 59, 59),
            Not(WORD),
        ],
    ),
    Rule::new(
        "GitLab token",
        TOKEN,
        &[
            Text("gl"),
            OneOf(&[
                "pat-", "dt-", "rt-", "ptt-", "agent-", "soat-", "oas-", "ft-", "imt-", "ffct-",
                "cbt-",
            ]),
            Random(TOKEN, 20, ANY),
            Maybe(&[Text("."), Run(LOWER_DIGITS, 9, 9)]),
        ],
    ),
    Rule::new(
        "npm token",
        TOKEN,
        &[Text("npm_"), Random(ALNUM, 36, 36), Not(WORD)],
    ),
    Rule::new(
        "PyPI token",
        TOKEN,
        &[
            OneOf(&["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"]),
            Random(TOKEN, 50, ANY),
        ],
    ),
    Rule::new(
        "RubyGems key",
        TOKEN,
        &[Text("rubygems_"), Random(HEX, 48, 48), Not(WORD)],
    ),
    // Models
    Rule::new(
        "OpenAI key",
        TOKEN,
        &[Text("sk-"), Random(ALNUM, 48, 48), Not(TOKEN)],
    )
    .if_plausible(is_openai),
    Rule::new(
        "OpenAI key",
        TOKEN,
        &[
            OneOf(&["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"]),
            Random(TOKEN, 48, 300),
        ],
    )
    .if_plausible(is_openai),
    Rule::new(
        "Anthropic key",
        TOKEN,
        &[
            Text("sk-ant-"),
            Run(LOWER, 3, 6),
            Run(DIGITS, 2, 2),
            Text("-"),
            Random(TOKEN, 80, 120),
        ],
    ),
    Rule::new(
        "Hugging Face token",
        TOKEN,
        &[
            OneOf(&["hf_", "api_org_"]),
            Random(ALNUM, 34, ANY),
            Not(WORD),
        ],
    ),
    Rule::new(
        "Groq key",
        TOKEN,
        &[Text("gsk_"), Random(ALNUM, 52, 52), Not(WORD)],
    ),
    Rule::new(
        "OpenRouter key",
        TOKEN,
        &[Text("sk-or-v1-"), Random(HEX, 64, 64), Not(WORD)],
    ),
    Rule::new(
        "xAI key",
        TOKEN,
        &[Text("xai-"), Random(ALNUM, 80, 80), Not(WORD)],
    ),
    Rule::new(
        "Perplexity key",
        TOKEN,
        &[Text("pplx-"), Random(ALNUM, 48, 48), Not(WORD)],
    ),
    // Talk and work
    Rule::new(
        "Slack token",
        TOKEN,
        &[
            OneOf(&[
                "xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-",
            ]),
            Run(DIGITS, 1, 13),
            Text("-"),
            Random(ALNUM.and("-"), 10, ANY),
            Not(WORD),
        ],
    ),
    Rule::new(
        "Slack token",
        TOKEN,
        &[
            Text("xapp-"),
            Run(DIGITS, 1, 1),
            Text("-"),
            Run(UPPER_DIGITS, 1, ANY),
            Text("-"),
            Run(DIGITS, 1, ANY),
            Text("-"),
            Random(LOWER_DIGITS, 20, ANY),
            Not(TOKEN),
        ],
    ),
    Rule::new(
        "Slack webhook",
        NOTHING,
        &[
            Text("hooks.slack.com/"),
            OneOf(&["services/", "workflows/", "triggers/"]),
            Begin,
            Random(TOKEN.and("+/"), 40, ANY),
        ],
    ),
    Rule::new(
        "Telegram bot token",
        TOKEN,
        &[Run(DIGITS, 8, 10), Text(":AA"), Random(TOKEN, 33, 33)],
    ),
    Rule::new(
        "Discord bot token",
        TOKEN.and("."),
        &[
            Random(TOKEN, 23, 28),
            Text("."),
            Run(TOKEN, 6, 6),
            Text("."),
            Random(TOKEN, 27, 38),
        ],
    )
    .if_plausible(begins_with_number),
    Rule::new(
        "Discord webhook",
        NOTHING,
        &[
            OneOf(&["discord.com", "discordapp.com"]),
            Text("/api/webhooks/"),
            Run(DIGITS, 17, 20),
            Text("/"),
            Begin,
            Random(TOKEN, 60, ANY),
        ],
    ),
    Rule::new(
        "Linear key",
        TOKEN,
        &[
            OneOf(&["lin_api_", "lin_oauth_"]),
            Random(ALNUM, 40, ANY),
            Not(WORD),
        ],
    ),
    Rule::new(
        "Notion token",
        TOKEN,
        &[Text("ntn_"), Random(ALNUM, 46, 46), Not(WORD)],
    )
    .if_plausible(has_notion_number),
    Rule::new(
        "Grafana token",
        TOKEN,
        &[
            Text("glsa_"),
            Random(ALNUM, 32, 32),
            Text("_"),
            Run(HEX, 8, 8),
            Not(WORD),
        ],
    ),
    Rule::new(
        "Postman key",
        TOKEN,
        &[
            Text("PMAK-"),
            Random(HEX, 24, 24),
            Text("-"),
            Random(HEX, 34, 34),
            Not(TOKEN),
        ],
    ),
    // Money, mail and shops
    Rule::new(
        "Stripe key",
        TOKEN,
        &[
            OneOf(&["sk_", "rk_"]),
            OneOf(&["live_", "test_", "prod_"]),
            Random(ALNUM, 16, ANY),
            Not(WORD),
        ],
    ),
    Rule::new(
        "Stripe webhook secret",
        TOKEN,
        &[Text("whsec_"), Random(BASE64.and("="), 32, ANY)],
    ),
    Rule::new(
        "Twilio key",
        ALNUM,
        &[Text("SK"), Random(HEX, 32, 32), Not(ALNUM)],
    ),
    Rule::new(
        "SendGrid key",
        TOKEN,
        &[
            Text("SG."),
            Random(TOKEN, 22, 22),
            Text("."),
            Random(TOKEN, 43, 43),
        ],
    ),
    Rule::new(
        "Shopify token",
        TOKEN,
        &[
            OneOf(&["shpat_", "shpca_", "shppa_", "shpss_"]),
            Random(HEX.and("ABCDEF"), 32, 32),
            Not(WORD),
        ],
    ),
    // Of no one maker
    Rule::new(
        "JSON web token",
        TOKEN,
        &[
            Text("eyJ"),
            Run(TOKEN, 10, ANY),
            Text(".eyJ"),
            Run(TOKEN, 10, ANY),
            Text("."),
            Random(TOKEN, 20, ANY),
        ],
    )
    .if_plausible(has_json_header),
    Rule::new(
        "private key",
        NOTHING,
        &[
            Text("-----BEGIN "),
            Run(UPPER_DIGITS.and(" "), 11, 64),
            Text("-----"),
            Near(256, BASE64, 40),
            Run(BASE64.and("=\\\r\n"), 0, ANY),
        ],
    )
    .if_plausible(is_private),
    Rule::new(
        "private key",
        NOTHING,
        &[Text("PuTTY-User-Key-File-"), OneOf(&["2:", "3:"])],
    ),
    Rule::new(
        "age secret key",
        NOTHING,
        &[Text("AGE-SECRET-KEY-1"), Random(BECH32, 58, 58)],
    ),
    Rule::new(
        "age secret key",
        NOTHING,
        &[Text("AGE-SECRET-KEY-PQ-1"), Random(BECH32, 58, ANY)],
    ),
    Rule::new(
        "password in a URL",
        SCHEME,
        &[
            Run(SCHEME, 1, ANY),
            Text("://"),
            Run(URL_USER, 0, 64),
            Text(":"),
            Begin,
            Run(URL_PASSWORD, 3, 128),
            End,
            Text("@"),
            Run(ALNUM.and("["), 1, ANY),
        ],
    )
    .if_plausible(is_real_password),
];
