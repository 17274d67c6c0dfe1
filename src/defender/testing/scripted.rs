//! A transport whose answers are written down before.

use crate::defender::http::{Message, Reply, Transport, TransportError, TransportTrouble};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One answer: status and body, or why there is none.
pub(crate) type Script = Result<(u16, &'static str), TransportTrouble>;

/// Takes longer than anybody waits.
pub(crate) const HANGS: Script = Err(TransportTrouble::TooSlow);

/// Answers in turn, and notes what it was asked.
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Script>>,
    /// What stands in the header `WWW-Authenticate` of each 401.
    challenge: Option<String>,
    pub asked: Mutex<Vec<Message>>,
}

impl Scripted {
    pub fn new(answers: &[Script]) -> Arc<Self> {
        Self::challenging(answers, None)
    }

    pub fn challenging(answers: &[Script], challenge: Option<String>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().copied().collect()),
            challenge,
            asked: Mutex::default(),
        })
    }

    /// How many messages it was sent.
    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Method, address and body of each message.
    pub fn log(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let line = |message: &Message| {
            let body = String::from_utf8_lossy(&message.body);
            format!("{:?} {} {body}", message.method, message.url)
                .trim_end()
                .to_owned()
        };
        asked.iter().map(line).collect()
    }

    /// A header of the message with this number.
    pub fn header(&self, number: usize, name: &str) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        let mut headers = asked[number].headers.iter();
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, message: Message) -> Result<Reply, TransportError> {
        self.asked.lock().unwrap().push(message);
        let answer = self.answers.lock().unwrap().pop_front().unwrap();
        let pause = if answer == HANGS { 1_000_000 } else { 10 };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        match answer {
            Ok((status, body)) => Ok(Reply {
                status,
                retry_after: None,
                challenge: self.challenge.clone().filter(|_| status == 401),
                body: futures::stream::iter([Ok(Bytes::from_static(body.as_bytes()))]).boxed(),
            }),
            Err(trouble) => Err(TransportError {
                trouble,
                text: "cause".to_owned(),
                proxy: None,
            }),
        }
    }
}
