//! Pickles that real pandas and NumPy wrote, and pickles that mean harm.

use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt;
use sources::pickle::writer::Writer;
use sources::pickle::{Frame, MEMORY, Node, Pickle};

fn fixtures(beginning: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pickles");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with(beginning));
    files.sort();
    assert!(!files.is_empty(), "no fixtures {beginning}*");
    files
}

fn read(bytes: &[u8]) -> Result<Pickle, String> {
    Pickle::read(bytes, MEMORY).map_err(|problem| problem.to_string())
}

fn problem(bytes: &[u8]) -> String {
    read(bytes).map(|_| ()).unwrap_err()
}

/// A column as `scripts/oracle/pickles.py` makes it.
fn expected(name: &str, cycle: f64) -> Vec<f64> {
    let value = |k: f64| match name {
        "Cycle number" => cycle,
        "Current (mA)" => 5500.0 - 1000.0 * k + cycle,
        "Voltage (V)" => 2.0 + k / 8.0 + cycle / 1024.0,
        "Capacity (mAh)" => k * 12.5,
        _ => k * 0.25 + cycle,
    };
    [0.0, 1.0, 2.0, 3.0].map(value).to_vec()
}

fn check_frames(root: Node<'_>) {
    let data = root.get("1-1").unwrap().get("data").unwrap();
    let frames: Vec<(i64, Frame<'_>)> =
        data.entries().unwrap().map(|(cycle, frame)| (cycle.integer().unwrap(), Frame::read(frame).unwrap())).collect();
    assert_eq!(frames.iter().map(|(cycle, _)| *cycle).collect::<Vec<_>>(), [1, 2, 3]);
    let names = ["Cycle number", "Current (mA)", "Voltage (V)", "Capacity (mAh)", "Time (s)"];
    for (cycle, frame) in &frames {
        assert_eq!(frame.rows(), 4);
        for name in if *cycle == 3 { &["Voltage (V)", "Current (mA)"][..] } else { &names[..] } {
            let mut values = expected(name, *cycle as f64);
            if *cycle == 2 {
                values.reverse();
            }
            assert_eq!(frame.column(name).unwrap(), values, "{name} of cycle {cycle}");
        }
    }
    let (_, first) = &frames[0];
    let what = first.column("Status").unwrap_err().to_string();
    assert!(what.contains("column \"Status\": element 0 is a text instead of a number"), "{what}");
    let (_, last) = &frames[2];
    assert_eq!(last.names(), ["Voltage (V)", "Current (mA)"]);
    let what = last.column("Time (s)").unwrap_err().to_string();
    assert!(what.contains("no column \"Time (s)\", there are \"Voltage (V)\", \"Current (mA)\""), "{what}");
}

#[test]
fn frames_of_every_layout_and_protocol_are_read() {
    let files = fixtures("pandas-");
    assert_eq!(files.len(), 16);
    for file in files.iter().chain(&fixtures("legacy")) {
        let pickle = read(&fs::read(file).unwrap()).unwrap_or_else(|what| panic!("{}: {what}", file.display()));
        check_frames(pickle.root());
    }
}

#[test]
fn names_that_pandas_leaves_to_arrow_are_read_whole_and_sliced() {
    for file in fixtures("arrow-") {
        let pickle = read(&fs::read(&file).unwrap()).unwrap_or_else(|what| panic!("{}: {what}", file.display()));
        let root = pickle.root();
        let data = root.get("1-1").unwrap().get("data").unwrap();
        let frames: Vec<Frame<'_>> = data.entries().unwrap().map(|(_, frame)| Frame::read(frame).unwrap()).collect();
        let names = ["Cycle number", "Current (mA)", "Voltage (V)", "Capacity (mAh)", "Time (s)", "Note"];
        assert_eq!(
            (frames[0].names(), frames[1].names()),
            (&names.map(str::to_owned)[..], &names[2..].iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..])
        );
        for name in &names[..5] {
            assert_eq!(frames[0].column(name).unwrap(), expected(name, 1.0), "{name}");
        }
        for name in &names[2..5] {
            let mut values = expected(name, 1.0);
            values.reverse();
            assert_eq!(frames[1].column(name).unwrap(), values, "{name}");
        }
        let what = frames[0].column("Note").unwrap_err().to_string();
        assert!(what.contains("column \"Note\": an array of Arrow stands where an array should be"), "{what}");
        assert_eq!(Frame::read(root.get("chunks").unwrap()).unwrap().names(), ["Voltage", " (V)"]);
        let series = |name: &str| root.get(name).unwrap().numbers(100);
        let mut voltage = expected("Voltage (V)", 1.0);
        assert_eq!(series("series").unwrap(), voltage);
        voltage.reverse();
        assert_eq!(series("reversed").unwrap(), voltage);
        assert_eq!(series("integers").unwrap(), [3.0, 1.0, 2.0]);
        let what = series("text").unwrap_err().to_string();
        assert!(what.contains("element 0 is a text instead of a number"), "{what}");
    }
}

#[test]
fn what_pandas_has_beyond_plain_columns_comes_with_a_way_to_save_it() {
    for name in ["pandas.arrays\nFloatingArray", "pyarrow.lib\nTable", "numpy.ma.core\n_mareconstruct"] {
        let what = problem(format!("c{name}\n.").as_bytes());
        assert!(what.contains("not called") && what.contains("save it again with plain"), "{what}");
    }
    assert!(!problem(b"cos\nsystem\n.").contains("save it again"));
}

#[test]
fn arrays_and_containers_of_every_protocol_are_read() {
    for file in fixtures("numpy-") {
        let pickle = read(&fs::read(&file).unwrap()).unwrap_or_else(|what| panic!("{}: {what}", file.display()));
        let root = pickle.root();
        let numbers = |name: &str| {
            root.get(name).unwrap().numbers(100).unwrap_or_else(|what| panic!("{name} of {}: {what}", file.display()))
        };
        assert_eq!(numbers("floats"), [0.5, -1.25, 1e300]);
        let large = 2f64.powi(40);
        assert_eq!(numbers("mixed"), [1.0, 0.5, 1.0, 2.5, -7.0, 0.25, large, -large]);
        assert_eq!(numbers("array"), [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]);
        assert_eq!(numbers("singles"), [0.0, 0.125, 0.25]);
        assert_eq!(numbers("small"), [-128.0, 127.0]);
        assert_eq!(numbers("large"), [2f64.powi(63)]);
        assert_eq!(numbers("foreign"), [1.5, -2.5]);
        assert_eq!(numbers("halves"), [0.5, -2.0, 2f64.powi(-24), f64::INFINITY]);
        assert_eq!(numbers("empty"), [0.0; 0]);
        assert!(root.get("none").unwrap().is_none());
        assert_eq!(root.get("text").unwrap().text(), Some("Zelle ü"));
        assert_eq!(root.get("set").unwrap().items().unwrap()[0].number(), Some(1.0));
        assert_eq!(root.get("nested").unwrap().items().unwrap().len(), 3);
        let what = root.get("array").unwrap().numbers(5).unwrap_err().to_string();
        assert_eq!(what, "6 values, more than any published series has");
    }
}

#[test]
fn what_is_written_is_read() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let floats: Vec<f64> = (0..2500).map(|k| f64::from(k).sqrt()).collect();
    let written = writer.dict(|writer| {
        writer.text("floats")?;
        writer.floats(&floats)?;
        writer.text("integers")?;
        writer.list(|writer| {
            [0, 255, 256, -1, i64::MIN, i64::MAX].into_iter().try_for_each(|value| writer.integer(value))
        })?;
        for name in ["one", "two"] {
            writer.text(name)?;
            writer.frame(&[("a", &floats[..10]), ("b", &floats[10..20])])?;
        }
        Ok(())
    });
    written.unwrap();
    let pickle = read(&writer.finish().unwrap()).unwrap();
    let root = pickle.root();
    assert_eq!(root.get("floats").unwrap().numbers(2500).unwrap(), floats);
    let integers: Vec<_> = root.get("integers").unwrap().items().unwrap().iter().map(|item| item.integer()).collect();
    assert_eq!(integers, [0, 255, 256, -1, i64::MIN, i64::MAX].map(Some));
    for name in ["one", "two"] {
        let frame = Frame::read(root.get(name).unwrap()).unwrap();
        assert_eq!(frame.names(), ["a", "b"]);
        assert_eq!((frame.rows(), frame.column("b").unwrap()), (10, floats[10..20].to_vec()));
    }
}

#[test]
fn a_call_of_anything_else_is_refused_by_name() {
    for (pickle, name) in [
        (&b"cos\nsystem\n(S'touch /tmp/owned'\ntR."[..], "os.system"),
        (b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.", "posix.system"),
        (b"\x80\x02cbuiltins\neval\nX\x03\x00\x00\x001+1\x85R.", "builtins.eval"),
        (b"\x80\x02cnumpy.core.multiarray\nscalar\x1b[2J\n.", "numpy.core.multiarray.scalar\\u{1b}[2J"),
        (b"\x80\x02cpandas.core.frame\nDataFrame.eval\n.", "pandas.core.frame.DataFrame.eval"),
    ] {
        let what = problem(pickle);
        assert!(what.contains(&format!("the file asks for {name}, ")) && what.contains("not called"), "{what}");
        assert!(what.starts_with("at byte "), "{what}");
    }
    // names without a call are just as foreign, and what is called must be a name
    assert!(problem(b"\x80\x02csubprocess\nPopen\n0N.").contains("subprocess.Popen"));
    assert!(problem(b"\x80\x02]N\x85R.").contains("a list is called"));
    assert!(problem(b"\x80\x02S'x'\nQ.").contains("opcode 0x51"));
}

#[test]
fn what_is_on_the_list_is_inert_as_well() {
    // an object that pretends to be an array, with a state that pretends to be a list of lists
    let pickle = read(b"\x80\x02cnumpy\nndarray\n)\x81}b.").unwrap();
    assert!(pickle.root().numbers(10).unwrap_err().to_string().contains("an object stands where an array should be"));
    assert!(Frame::read(pickle.root()).is_err());
}

#[test]
fn depth_costs_nothing() {
    for depth in [10_000, 1_000_000] {
        let mut bytes = vec![b']'; depth];
        bytes.extend(vec![b'a'; depth - 1]);
        bytes.push(b'.');
        let pickle = read(&bytes).unwrap();
        assert_eq!(pickle.root().items().unwrap().len(), 1);
        assert!(pickle.root().numbers(10).unwrap_err().to_string().contains("element 0 is a list"));
    }
    let mut tuples = b")".to_vec();
    tuples.extend(vec![0x85; 1_000_000]);
    tuples.push(b'.');
    assert_eq!(read(&tuples).unwrap().root().items().unwrap().len(), 1);
    // a list in itself
    assert_eq!(read(b"]q\x00h\x00a.").unwrap().root().items().unwrap().len(), 1);
}

#[test]
fn memory_is_bounded_whatever_is_announced() {
    // 2^63 bytes in 10
    assert!(problem(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.").contains("more memory"));
    assert!(problem(b"B\xff\xff\xff\x7f.").contains("more memory"));
    assert!(problem(b"B\xff\xff\xff\x0f.").contains("cut short"));
    let forever = |byte: u8| Pickle::read(std::io::repeat(byte), 1 << 24).unwrap_err().to_string();
    for opcode in *b"]})N(2" {
        let what = forever(opcode);
        let bounded = ["more memory", "beyond all measure", "open brackets", "stack is empty"];
        assert!(bounded.iter().any(|words| what.contains(words)), "{}: {what}", char::from(opcode));
    }
    // copies of copies
    let mut doubling = b"\x80\x04]q\x00".to_vec();
    for _ in 0..64 {
        doubling.extend(b"c__builtin__\nlist\nh\x00\x85R");
        doubling.extend(b"q\x00");
    }
    doubling.push(b'.');
    assert!(read(&doubling).is_ok());
    // an index is a few bytes, however long it says it is
    let sound = fs::read(&fixtures("pandas-1.5.3-protocol-4")[0]).unwrap();
    let stop = b"\x8c\x04stop\x94";
    let place = sound.windows(stop.len()).position(|window| window == stop).unwrap() + stop.len();
    let mut endless = sound[..place].to_vec();
    endless.extend(b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f");
    endless.extend(&sound[place + 2..]); // instead of K and one byte
    let pickle = read(&endless).unwrap();
    let first = pickle.root().get("1-1").unwrap().get("data").unwrap().entries().unwrap().next().unwrap().1;
    let what = Frame::read(first).map(|frame| frame.rows()).unwrap_err().to_string();
    assert!(what.contains("index that this program does not know"), "{what}");
}

#[test]
fn a_pickle_cut_short_is_refused_wherever_it_is_cut() {
    for file in fixtures("pandas-").iter().chain(&fixtures("numpy-")) {
        let whole = fs::read(file).unwrap();
        for length in 0..whole.len() {
            let what = problem(&whole[..length]);
            assert!(what.contains("cut short"), "{} cut to {length}: {what}", file.display());
        }
    }
    assert!(problem(b"").contains("at byte 0: the file ends too early"));
    assert!(problem(b"\x00").contains("no opcode: this is no pickle"));
}

/// What an importer may do with any pickle.
fn look_at_everything(pickle: &Pickle) {
    let mut open = vec![(pickle.root(), 0)];
    let mut seen = 0;
    while let Some((node, depth)) = open.pop() {
        seen += 1;
        if seen > 2000 || depth > 8 {
            continue;
        }
        let _ = (node.kind(), node.text(), node.integer(), node.number(), node.numbers(1 << 16));
        if let Ok(frame) = Frame::read(node) {
            let names = frame.names().to_vec();
            names.iter().take(20).for_each(|name| drop(frame.column(name)));
        }
        open.extend(node.items().unwrap_or_default().into_iter().map(|item| (item, depth + 1)));
        let values = node.entries().into_iter().flatten().map(|(_, value)| (value, depth + 1));
        open.extend(values.collect::<Vec<_>>());
    }
}

#[test]
fn thousands_of_damaged_pickles_do_no_harm() {
    let mut random = numerics::Streams::new("damaged pickles").stream("mutations");
    let corpus: Vec<Vec<u8>> = fixtures("").iter().map(|file| fs::read(file).unwrap()).collect();
    let (mut taken, mut refused) = (0, 0);
    for round in 0..6000 {
        let mut bytes = corpus[round % corpus.len()].clone();
        for _ in 0..random.random_range(1..4) {
            let place = random.random_range(0..bytes.len());
            match random.random_range(0..5) {
                0 => bytes[place] ^= 1 << random.random_range(0..8),
                1 => bytes[place] = random.random_range(0..=255),
                2 => drop(bytes.drain(place..(place + random.random_range(1..9)).min(bytes.len() - 1).max(place))),
                3 => {
                    let other = &corpus[random.random_range(0..corpus.len())];
                    let from = random.random_range(0..other.len());
                    let piece = &other[from..(from + random.random_range(1..60)).min(other.len())];
                    bytes.splice(place..place, piece.iter().copied());
                }
                _ => {
                    bytes[place] =
                        *b"]})(.Rbtesu\x81\x93\x94\x85\x86\x87h0"[..].get(random.random_range(0..20)).unwrap_or(&b'N')
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        match Pickle::read(&bytes[..], 1 << 24) {
            Ok(pickle) => {
                look_at_everything(&pickle);
                taken += 1;
            }
            Err(problem) => {
                assert!(problem.to_string().starts_with("at byte "), "{problem}");
                refused += 1;
            }
        }
    }
    assert!(taken > 300 && refused > 300, "{taken} taken, {refused} refused: the mutations are too tame or too wild");
}
