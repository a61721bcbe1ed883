//! What one client is subscribed to.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use rmcp::{
    ErrorData, RoleServer,
    model::{ResourceUpdatedNotificationParam, SubscriptionFilter},
    service::{Peer, SubscriptionContext},
};

use crate::updates::{Client, Hearing, Listener};

/// Tells one client of changes, in a task of its own: a client that does not read holds up nobody
/// else.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    client: Client,
    /// Of addresses that it subscribed to one by one.
    single: OnceLock<Listener>,
    /// Of streams that were accepted and are about to begin.
    accepted: Mutex<Vec<Accepted>>,
}

#[derive(Debug)]
struct Accepted {
    uris: BTreeSet<String>,
    listener: Listener,
}

impl Subscriptions {
    /// Subscribes to nothing.
    pub(crate) fn of(client: Client) -> Self {
        Self {
            client,
            single: OnceLock::new(),
            accepted: Mutex::default(),
        }
    }

    /// From the moment that this returns, changes of `uri` are told to `peer`.
    ///
    /// # Errors
    ///
    /// Fails for what is no address of a resource or cannot be read, and for too many subscriptions.
    pub(crate) async fn subscribe(
        &self,
        uri: &str,
        peer: &Peer<RoleServer>,
    ) -> Result<(), ErrorData> {
        let listener = self.single.get_or_init(|| {
            let listener = self.client.listener();
            tokio::spawn(tell(listener.hearing(), peer.clone()));
            listener
        });
        listener.join(uri)?;
        let known = listener.knows(uri).await;
        if known.is_err() {
            listener.leave(uri);
        }
        known
    }

    /// Tells of `uri` no more. It need not be subscribed.
    pub(crate) fn unsubscribe(&self, uri: &str) {
        if let Some(listener) = self.single.get() {
            listener.leave(uri);
        }
    }

    /// Returns what of a stream's wishes is accepted: addresses of resources, as many as one client
    /// may have. What changes from now on is told when the stream [begins](Self::listen).
    pub(crate) fn accept(&self, requested: &SubscriptionFilter) -> SubscriptionFilter {
        let listener = self.client.listener();
        let requested = requested.resource_subscriptions.iter().flatten();
        let uris: BTreeSet<String> = requested
            .filter(|uri| listener.join(uri).is_ok())
            .cloned()
            .collect();
        let filter = SubscriptionFilter::builder();
        if uris.is_empty() {
            return filter.build();
        }
        let filter = filter.resource_subscriptions(&uris).build();
        self.accepted().push(Accepted { uris, listener });
        filter
    }

    /// Tells of changes until the client or the server ends the stream.
    pub(crate) async fn listen(&self, stream: &SubscriptionContext) {
        let uris = stream.accepted().resource_subscriptions.iter().flatten();
        let uris: BTreeSet<String> = uris.cloned().collect();
        let listener = {
            let mut accepted = self.accepted();
            let place = accepted.iter().position(|accepted| accepted.uris == uris);
            place.map(|place| accepted.swap_remove(place).listener)
        };
        // Nothing was accepted: the stream is silent.
        let listener = listener.unwrap_or_else(|| self.client.listener());
        let hearing = listener.hearing();
        let telling = async {
            while let Some(uri) = hearing.next().await {
                if stream.sink().notify_resource_updated(uri).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            () = hearing.ended() => {}
            () = stream.cancelled() => {}
            () = telling => {}
        }
    }

    fn accepted(&self) -> MutexGuard<'_, Vec<Accepted>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn tell(hearing: Hearing, peer: Peer<RoleServer>) {
    let telling = async {
        while let Some(uri) = hearing.next().await {
            let changed = ResourceUpdatedNotificationParam::new(uri);
            if peer.notify_resource_updated(changed).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        () = hearing.ended() => {}
        () = telling => {}
    }
}
