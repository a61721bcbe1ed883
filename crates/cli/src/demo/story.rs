//! The story of the demo, in the order in which it happened.

use memorygraph::domain::{
    MemoryType::{
        self, CodePattern, Command, Conversation, Error, FileContext, Fix, Problem, Project,
        Solution, Task, Technology, Workflow,
    },
    RelationshipType::{
        self, Addresses, AlternativeTo, AppliesTo, Blocks, Causes, Confirms, DependsOn, Improves,
        IneffectiveFor, LeadsTo, OccursIn, Prevents, RelatedTo, Replaces, Requires, SimilarTo,
        Solves, Triggers, UsedIn, ValidatedBy, WorksWith,
    },
};

/// A memory of the story.
pub(super) struct Part {
    pub(super) id: &'static str,
    pub(super) memory_type: MemoryType,
    pub(super) title: &'static str,
    pub(super) content: &'static str,
    pub(super) tags: &'static [&'static str],
    pub(super) project: &'static str,
    pub(super) importance: f64,
}

macro_rules! parts {
    ($($id:literal $kind:ident $importance:literal $project:literal $tags:expr, $title:literal, $content:literal;)*) => {
        &[$(Part {
            id: $id,
            memory_type: $kind,
            title: $title,
            content: $content,
            tags: &$tags,
            project: $project,
            importance: $importance,
        }),*]
    };
}

pub(super) const MEMORIES: &[Part] = parts! {
    "shop-api" Project 0.7 "shop-api" ["backend", "orders"],
        "shop-api: carts, stock and orders",
        "FastAPI service behind the web shop and the mobile app. Two teams deploy it daily.";
    "payments" Project 0.7 "payments" ["backend", "payments"],
        "payments: capture and refund",
        "Talks to the payment provider and keeps the ledger. Changes need a second pair of eyes.";
    "postgres" Technology 0.5 "shop-api" ["postgres", "database"],
        "PostgreSQL 16 keeps orders and stock",
        "One primary with max_connections = 200 and two replicas for reports.";
    "redis" Technology 0.5 "shop-api" ["redis", "cache"],
        "Redis 7 keeps sessions and carts",
        "A single node with 2 GB. Carts may be lost, sessions must not.";
    "n-plus-one" Error 0.5 "shop-api" ["performance", "orm"],
        "Cart page runs one query for each line item",
        "A cart of 60 items takes 61 queries and 900 ms. Seen in the trace of GET /cart.";
    "eager-load" CodePattern 0.6 "shop-api" ["performance", "orm"],
        "Load line items together with the cart",
        "selectinload(Cart.items) instead of lazy loading: 2 queries whatever the size of the cart.";
    "redis-eviction" Error 0.7 "shop-api" ["redis", "sessions"],
        "Customers are logged out when Redis is full",
        "maxmemory-policy allkeys-lru evicts session keys as soon as carts fill the 2 GB.";
    "redis-sessions" Fix 0.6 "shop-api" ["redis", "sessions"],
        "Give sessions a Redis of their own",
        "A second node with noeviction. Carts stay on the old one, where eviction is harmless.";
    "psp-latency" Problem 0.7 "payments" ["payments", "latency"],
        "Payment provider answers slowly on Friday evenings",
        "The 95th percentile of POST /capture climbs from 300 ms to 8 s between 18:00 and 20:00.";
    "circuit-breaker" Solution 0.6 "payments" ["resilience", "payments"],
        "Circuit breaker in front of the payment provider",
        "After 5 slow answers in 10 s it opens for 30 s, and orders wait as pending.";
    "payment-async" Solution 0.9 "payments" ["decision", "payments"],
        "Decision: confirm payments by webhook, not in the request",
        "The checkout answers as soon as the order is pending. The provider's webhook confirms it. \
         We gave up showing the result at once; support agreed.";
    "webhook-duplicates" Error 0.8 "payments" ["webhook", "payments"],
        "The provider delivers a webhook twice",
        "When our answer takes more than 3 s, the provider sends payment.succeeded again, and the \
         order is captured again.";
    "double-charge" Problem 1.0 "payments" ["payments", "incident"],
        "Customers were charged twice",
        "37 customers paid twice within one evening. All were refunded by hand.";
    "idempotency-keys" Solution 0.9 "payments" ["payments", "decision"],
        "Idempotency key on every capture",
        "The key is the order id and the attempt; a unique index refuses the second capture.";
    "checkout-timeout" Problem 1.0 "shop-api" ["checkout", "timeout", "incident"],
        "Checkout times out at peak load",
        "Between 18:00 and 20:00 about 4 % of POST /checkout take longer than 10 s, and the \
         gateway answers 504. The processors are idle: requests wait for a connection.";
    "pool-exhausted" Error 0.8 "shop-api" ["database", "timeout"],
        "QueuePool limit of size 10 reached, connection timed out",
        "sqlalchemy.exc.TimeoutError in OrderService.reserve_stock: no free connection after 5 s.";
    "retry-storm" Problem 0.8 "shop-api" ["mobile", "retry"],
        "Mobile app retries at once and doubles the load",
        "Version 5.2 of the app sends a failed checkout again immediately, up to four times.";
    "pool-100" Solution 0.4 "shop-api" ["database", "checkout"],
        "Raise the connection pool to 100",
        "Eight instances with 100 connections each were more than PostgreSQL takes: it refused \
         the rest, and reports failed too. Rolled back after 20 minutes.";
    "slow-stock-query" Problem 0.8 "shop-api" ["database", "performance"],
        "Reserving stock scans the whole orders table",
        "EXPLAIN shows a sequential scan of 4 million rows: there is no index on open \
         reservations, so each checkout holds its connection for 2 s.";
    "reserve-file" FileContext 0.4 "shop-api" ["stock"],
        "src/orders/reserve.py holds the lock on stock",
        "reserve_stock() takes SELECT ... FOR UPDATE and then calls pricing over the network.";
    "postmortem" Conversation 0.7 "shop-api" ["incident", "checkout"],
        "Post-mortem of the evening of the 504s",
        "The slow query filled the pool, and the retries of the app kept it full. We looked at \
         the processors for an hour before we looked at the pool.";
    "stock-index" Fix 0.9 "shop-api" ["database", "performance"],
        "Partial index on open reservations",
        "CREATE INDEX CONCURRENTLY ON reservations (sku) WHERE released_at IS NULL: from 2 s to 3 ms.";
    "pool-20" Fix 0.8 "shop-api" ["database", "checkout"],
        "Pool of 20 connections for each of eight instances",
        "160 of the 200 that PostgreSQL takes; the rest is for reports and people.";
    "backoff-jitter" CodePattern 0.8 "shop-api" ["retry", "resilience"],
        "Retry with exponential backoff and jitter",
        "delay = random(0, min(30 s, 0.5 s * 2^attempt)); only for requests that carry an \
         idempotency key.";
    "load-test" Workflow 0.6 "shop-api" ["testing", "checkout"],
        "Load test of the checkout before each sale",
        "Replay the busiest hour at twice its rate against staging, with the provider's sandbox.";
    "load-test-run" Command 0.4 "shop-api" ["testing"],
        "k6 run --vus 400 --duration 10m load/checkout.js",
        "Runs the load test; fails when more than 0.1 % of the checkouts take longer than 2 s.";
    "sale-freeze" Task 0.6 "platform" ["planning"],
        "No changes to databases during the winter sale",
        "From the first of December to the sixth of January.";
    "pg-upgrade" Task 0.5 "platform" ["postgres", "planning"],
        "Upgrade PostgreSQL to 17",
        "Logical replication to a new primary, switch on a Tuesday morning.";
    "pgbouncer" Task 0.6 "platform" ["postgres", "planning"],
        "Put PgBouncer in front of PostgreSQL",
        "Transaction pooling lets all instances share 60 connections.";
};

type LinkPart = (
    &'static str,
    RelationshipType,
    &'static str,
    f64,
    &'static str,
);

pub(super) const LINKS: &[LinkPart] = &[
    ("postgres", UsedIn, "shop-api", 0.6, ""),
    ("redis", UsedIn, "shop-api", 0.6, ""),
    ("n-plus-one", OccursIn, "shop-api", 0.6, ""),
    (
        "eager-load",
        Solves,
        "n-plus-one",
        0.9,
        "verified by the trace of GET /cart",
    ),
    (
        "redis-eviction",
        OccursIn,
        "redis",
        0.7,
        "when carts fill the memory",
    ),
    (
        "redis-sessions",
        Solves,
        "redis-eviction",
        0.95,
        "fully, verified by 30 days without it",
    ),
    ("psp-latency", OccursIn, "payments", 0.7, ""),
    (
        "circuit-breaker",
        Addresses,
        "psp-latency",
        0.6,
        "partially: orders wait meanwhile",
    ),
    ("payment-async", Solves, "psp-latency", 0.85, ""),
    ("circuit-breaker", AlternativeTo, "payment-async", 0.5, ""),
    (
        "payment-async",
        LeadsTo,
        "webhook-duplicates",
        0.7,
        "since the webhook confirms orders",
    ),
    ("webhook-duplicates", Causes, "double-charge", 0.95, ""),
    ("double-charge", OccursIn, "payments", 0.8, ""),
    (
        "idempotency-keys",
        Solves,
        "webhook-duplicates",
        0.95,
        "verified by replaying a week",
    ),
    ("idempotency-keys", Prevents, "double-charge", 0.95, ""),
    ("idempotency-keys", AppliesTo, "payments", 0.7, ""),
    ("checkout-timeout", OccursIn, "shop-api", 0.8, ""),
    (
        "pool-exhausted",
        Causes,
        "checkout-timeout",
        0.95,
        "observed in the gateway's log",
    ),
    ("psp-latency", LeadsTo, "retry-storm", 0.5, ""),
    (
        "retry-storm",
        Triggers,
        "checkout-timeout",
        0.75,
        "only at peak load",
    ),
    (
        "pool-100",
        IneffectiveFor,
        "checkout-timeout",
        0.9,
        "in production environment",
    ),
    (
        "slow-stock-query",
        Causes,
        "pool-exhausted",
        0.9,
        "observed in pg_stat_activity",
    ),
    ("n-plus-one", SimilarTo, "slow-stock-query", 0.4, ""),
    ("reserve-file", RelatedTo, "slow-stock-query", 0.6, ""),
    ("postmortem", Confirms, "slow-stock-query", 0.8, ""),
    (
        "stock-index",
        Solves,
        "slow-stock-query",
        0.95,
        "verified by EXPLAIN and the load test",
    ),
    ("pool-20", Replaces, "pool-100", 0.8, ""),
    (
        "pool-20",
        Solves,
        "pool-exhausted",
        0.85,
        "partially; the index does the rest",
    ),
    ("postmortem", LeadsTo, "backoff-jitter", 0.6, ""),
    (
        "backoff-jitter",
        Solves,
        "retry-storm",
        0.85,
        "since version 5.3 of the app",
    ),
    ("backoff-jitter", Requires, "idempotency-keys", 0.9, ""),
    ("backoff-jitter", WorksWith, "circuit-breaker", 0.6, ""),
    ("stock-index", ValidatedBy, "load-test", 0.8, ""),
    ("pool-20", ValidatedBy, "load-test", 0.8, ""),
    ("load-test-run", UsedIn, "load-test", 0.7, ""),
    (
        "sale-freeze",
        Blocks,
        "pg-upgrade",
        0.8,
        "until the sixth of January",
    ),
    ("pgbouncer", DependsOn, "pg-upgrade", 0.6, ""),
    ("pgbouncer", Improves, "pool-20", 0.7, ""),
];
