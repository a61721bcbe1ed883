//! Where an HTTP answer ends.

/// As much of an answer as has come.
#[derive(Debug, Default)]
pub(super) struct Answer {
    bytes: Vec<u8>,
}

impl Answer {
    /// Adds what has come.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether all has come, as far as the head tells.
    pub(super) fn is_whole(&self) -> bool {
        let end = b"\r\n\r\n";
        let Some(head) = self.bytes.windows(end.len()).position(|at| at == end) else {
            return false;
        };
        let body = &self.bytes[head + end.len()..];
        let head = String::from_utf8_lossy(&self.bytes[..head]).to_lowercase();
        let field = |name: &str| {
            let value = |line: &str| line.strip_prefix(name).map(|value| value.trim().to_owned());
            head.lines().find_map(value)
        };
        if let Some(length) = field("content-length:") {
            return length
                .parse()
                .is_ok_and(|length: usize| body.len() >= length);
        }
        field("transfer-encoding:").is_some_and(|it| it == "chunked")
            && body.ends_with(b"0\r\n\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether an answer is whole after each of these parts.
    fn whole_after(parts: &[&str]) -> Vec<bool> {
        let mut answer = Answer::default();
        let add = |part: &&str| {
            answer.extend(part.as_bytes());
            answer.is_whole()
        };
        parts.iter().map(add).collect()
    }

    #[test]
    fn a_length_is_counted_from_the_end_of_the_head() {
        let parts = ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "\r\nhel", "lo"];
        assert_eq!(whole_after(&parts), [false, false, true]);
    }

    #[test]
    fn chunks_end_with_an_empty_one() {
        let parts = [
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "5\r\nhello\r\n",
            "0\r\n\r\n",
        ];
        assert_eq!(whole_after(&parts), [false, false, true]);
    }

    #[test]
    fn an_answer_that_does_not_say_how_long_it_is_has_no_end() {
        assert_eq!(
            whole_after(&["HTTP/1.1 200 OK\r\n\r\n", "hello"]),
            [false, false]
        );
    }
}
