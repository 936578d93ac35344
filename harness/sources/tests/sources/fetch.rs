//! Downloading, from a server of a few lines on this machine.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::{self, JoinHandle};

use std::time::Duration;

use sources::Error;
use sources::download::{Patience, Remote};

/// Answers one request after the other with the given functions of the `Range` header, then goes away; returns what
/// ranges were asked for.
struct Server {
    url: String,
    thread: JoinHandle<Vec<Option<String>>>,
}

type Answer = fn(&mut TcpStream, Option<&str>);

impl Server {
    fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/file.tar.gz", listener.local_addr().unwrap().port());
        let thread = thread::spawn(move || {
            let mut ranges = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
                let header: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let range = header.iter().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("range").then(|| value.to_owned())
                });
                answer(&mut stream, range.as_deref());
                ranges.push(range);
            }
            ranges
        });
        Self { url, thread }
    }

    fn remote(&self) -> Remote {
        Remote { urls: vec![self.url.clone()], bytes: None, limit: 1_000_000, by_hand: "fetch it by hand".to_owned() }
    }

    fn ranges(self) -> Vec<Option<String>> {
        self.thread.join().unwrap()
    }
}

fn content() -> Vec<u8> {
    (0..200_000_u32).flat_map(|index| (index % 251).to_le_bytes()).collect()
}

fn send(stream: &mut TcpStream, head: &str, body: &[u8]) {
    stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    // a client that hangs up, as it should on a body too large, is no fault of the server
    let _ = stream.write_all(body);
}

fn whole(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, &format!("200 OK\r\nContent-Length: {}", content().len()), &content());
}

fn cut_short(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, &format!("200 OK\r\nContent-Length: {}", content().len()), &content()[..300_000]);
}

fn rest(stream: &mut TcpStream, range: Option<&str>) {
    let content = content();
    let begin: usize = range.unwrap().strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
    let (length, last) = (content.len(), content.len() - 1);
    let head = format!(
        "206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {begin}-{last}/{length}",
        length - begin
    );
    send(stream, &head, &content[begin..]);
}

fn other_part(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "206 Partial Content\r\nContent-Length: 3\r\nContent-Range: bytes 0-2/3", b"abc");
}

fn beyond_the_end(stream: &mut TcpStream, _: Option<&str>) {
    let head = format!("416 Range Not Satisfiable\r\nContent-Length: 0\r\nContent-Range: bytes */{}", content().len());
    send(stream, &head, b"");
}

fn endless(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "200 OK", &vec![0; 1_100_000]);
}

fn announced_too_large(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "200 OK\r\nContent-Length: 5000000000", b"");
}

fn not_found(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "404 Not Found\r\nContent-Length: 2", b"no");
}

fn unavailable(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 4", b"busy");
}

fn away_for_an_hour(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "503 Service Unavailable\r\nRetry-After: 3600\r\nContent-Length: 4", b"busy");
}

fn hang_up(_: &mut TcpStream, _: Option<&str>) {}

fn something_else(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, "200 OK\r\nContent-Length: 5", b"other");
}

const ONCE: Patience = Patience { attempts: 1, first_wait: Duration::ZERO };
const PATIENT: Patience = Patience { attempts: 4, first_wait: Duration::from_millis(1) };

fn fetch(remote: &Remote, dir: &Path) -> Result<usize, Error> {
    fetch_with(remote, dir, ONCE, &mut Vec::new())
}

fn fetch_with(remote: &Remote, dir: &Path, patience: Patience, said: &mut Vec<String>) -> Result<usize, Error> {
    let verify = |path: &Path, _: &str| {
        let bytes = fs::read(path).unwrap();
        if bytes == content() { Ok(bytes.len()) } else { Err(Error::Given("another content".to_owned())) }
    };
    remote.fetch(&dir.join("file.tar.gz"), patience, verify, &mut |line| said.push(line.to_owned()))
}

fn files(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_download_gets_its_name_once_it_is_verified() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![whole]);
    assert_eq!(fetch(&server.remote(), dir.path()).unwrap(), content().len());
    assert_eq!(files(dir.path()), ["file.tar.gz"]);
    assert_eq!(fs::read(dir.path().join("file.tar.gz")).unwrap(), content());
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_broken_connection_is_resumed_where_it_broke() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![cut_short, rest]);
    let message = fetch(&server.remote(), dir.path()).unwrap_err().to_string();
    assert!(message.contains("broke off after 0.3 MB"), "{message}");
    assert!(message.contains("run the same command again") && message.contains("fetch it by hand"), "{message}");
    assert_eq!(files(dir.path()), ["file.tar.gz.part"]);
    fetch(&server.remote(), dir.path()).unwrap();
    assert_eq!(files(dir.path()), ["file.tar.gz"]);
    assert_eq!(server.ranges(), [None, Some("bytes=300000-".to_owned())]);
}

#[test]
fn a_host_that_cannot_resume_sends_everything_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![cut_short, whole]);
    fetch(&server.remote(), dir.path()).unwrap_err();
    assert_eq!(fetch(&server.remote(), dir.path()).unwrap(), content().len());
}

#[test]
fn a_part_that_is_complete_is_not_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file.tar.gz.part"), content()).unwrap();
    let server = Server::start(vec![beyond_the_end]);
    assert_eq!(fetch(&server.remote(), dir.path()).unwrap(), content().len());
}

#[test]
fn a_part_of_something_else_is_begun_anew() {
    for answer in [beyond_the_end as Answer, other_part] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file.tar.gz.part"), vec![7; 900_000]).unwrap();
        let server = Server::start(vec![answer, whole]);
        assert_eq!(fetch(&server.remote(), dir.path()).unwrap(), content().len());
        assert_eq!(server.ranges(), [Some("bytes=900000-".to_owned()), None]);
    }
}

#[test]
fn another_content_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![something_else]);
    let message = fetch(&server.remote(), dir.path()).unwrap_err().to_string();
    assert!(message.contains("was of no use, it is deleted: another content"), "{message}");
    assert!(!message.contains("goes on from there"), "{message}");
    assert!(files(dir.path()).is_empty());
}

#[test]
fn a_part_that_does_not_fit_the_rest_is_fetched_again_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file.tar.gz.part"), [9; 10]).unwrap();
    let server = Server::start(vec![rest, whole]);
    let mut said = Vec::new();
    assert_eq!(fetch_with(&server.remote(), dir.path(), ONCE, &mut said).unwrap(), content().len());
    assert!(said.iter().any(|line| line.ends_with("fetching the whole file again")), "{said:?}");
    assert_eq!(server.ranges(), [Some("bytes=10-".to_owned()), None]);
}

#[test]
fn passing_troubles_are_waited_out_and_the_rest_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![unavailable, cut_short, hang_up, rest]);
    let mut said = Vec::new();
    assert_eq!(fetch_with(&server.remote(), dir.path(), PATIENT, &mut said).unwrap(), content().len());
    assert_eq!(said.iter().filter(|line| line.contains("; trying again in ")).count(), 3, "{said:?}");
    let resumed = Some("bytes=300000-".to_owned());
    assert_eq!(server.ranges(), [None, None, resumed.clone(), resumed]);
    assert_eq!(files(dir.path()), ["file.tar.gz"]);
}

#[test]
fn troubles_that_last_and_hosts_that_want_to_be_left_alone_are_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    for (answers, words) in [
        (vec![unavailable as Answer; 4], "answers with status 503"),
        (vec![away_for_an_hour], "answers with status 503"),
        (vec![not_found], "answers with status 404"),
    ] {
        let server = Server::start(answers);
        let message = fetch_with(&server.remote(), dir.path(), PATIENT, &mut Vec::new()).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("fetch it by hand"), "{message}");
        server.ranges(); // every answer was asked for, and no more
    }
}

#[test]
fn a_mirror_stands_in_and_goes_on_with_what_is_there() {
    for (first, range) in
        [(not_found as Answer, None), (something_else, None), (cut_short, Some("bytes=300000-".to_owned()))]
    {
        let dir = tempfile::tempdir().unwrap();
        let (broken, mirror) =
            (Server::start(vec![first]), Server::start(vec![if range.is_some() { rest } else { whole }]));
        let remote = Remote { urls: vec![broken.url.clone(), mirror.url.clone()], ..broken.remote() };
        let mut said = Vec::new();
        assert_eq!(fetch_with(&remote, dir.path(), ONCE, &mut said).unwrap(), content().len());
        assert!(said.iter().any(|line| line.ends_with(&format!("trying {}", mirror.url))), "{said:?}");
        assert_eq!(mirror.ranges(), [range]);
    }
}

#[test]
fn a_file_of_another_size_is_not_even_begun() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![something_else]);
    let remote = Remote { bytes: Some(content().len() as u64), ..server.remote() };
    let message = fetch(&remote, dir.path()).unwrap_err().to_string();
    assert!(message.contains("has 5 bytes, the published file 800000: it is another one"), "{message}");
    assert!(files(dir.path()).is_empty());
    // and of one that is complete, the host is not asked
    fs::write(dir.path().join("file.tar.gz.part"), content()).unwrap();
    assert_eq!(fetch(&remote, dir.path()).unwrap(), content().len());
}

#[test]
fn a_file_far_too_large_is_not_taken() {
    for answer in [endless as Answer, announced_too_large] {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(vec![answer]);
        let message = fetch(&server.remote(), dir.path()).unwrap_err().to_string();
        assert!(message.contains("is larger than the 1.0 MB expected"), "{message}");
        assert!(files(dir.path()).is_empty());
    }
}

#[test]
fn a_refusal_and_a_missing_network_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![not_found]);
    let remote = server.remote();
    let message = fetch(&remote, dir.path()).unwrap_err().to_string();
    assert!(message.contains("answers with status 404; fetch it by hand"), "{message}");
    server.ranges(); // from here on nobody listens
    let message = fetch(&remote, dir.path()).unwrap_err().to_string();
    assert!(message.starts_with(&format!("cannot reach {}", remote.urls[0])), "{message}");
    assert!(message.ends_with("fetch it by hand"), "{message}");
    assert!(files(dir.path()).is_empty());
}

/// The rest of another version than the one whose beginning [`begun`] sent.
fn begun(stream: &mut TcpStream, _: Option<&str>) {
    send(stream, &format!("200 OK\r\nETag: \"one\"\r\nContent-Length: {}", content().len()), &vec![7; 300_000]);
}

fn rest_of_another(stream: &mut TcpStream, range: Option<&str>) {
    let (length, last) = (content().len(), content().len() - 1);
    assert_eq!(range, Some("bytes=300000-"));
    let place = format!("Content-Range: bytes 300000-{last}/{length}");
    let head = format!("206 Partial Content\r\nETag: \"two\"\r\nContent-Length: {}\r\n{place}", length - 300_000);
    send(stream, &head, &content()[300_000..]);
}

#[test]
fn a_file_that_was_replaced_meanwhile_is_not_put_together_from_both() {
    // a host that knows If-Range sends the whole, another one the rest of what it has now
    for answers in [vec![begun as Answer, whole], vec![begun, rest_of_another, whole]] {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(answers);
        fetch(&server.remote(), dir.path()).unwrap_err();
        let origin = fs::read_to_string(dir.path().join("file.tar.gz.part.origin")).unwrap();
        assert_eq!(origin, format!("\"one\"\n{}\n", server.url));
        let mut said = Vec::new();
        assert_eq!(fetch_with(&server.remote(), dir.path(), ONCE, &mut said).unwrap(), content().len());
        assert!(!said.iter().any(|line| line.contains("of no use")), "{said:?}");
        assert_eq!(files(dir.path()), ["file.tar.gz"]);
    }
}

#[test]
fn of_two_who_fetch_at_once_one_fetches() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(vec![whole]);
    let remote = server.remote();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(fetch(&remote, dir.path()).unwrap(), content().len()));
        }
    });
    assert_eq!(server.ranges(), [None]);
    assert_eq!(files(dir.path()), ["file.tar.gz"]);
}
