//! Files of which one goes on where another ends: they seem to be of one cell.

use crate::cycler::samples::Samples;

/// Where a file begins and ends.
pub(super) struct Ends {
    /// As a draft calls it.
    name: String,
    format: &'static str,
    /// s, of its first and its last sample.
    time: (f64, f64),
    /// Numbers of its first and its last cycle.
    cycle: (u32, u32),
}

impl Ends {
    /// Of a file whose cycles are numbered; none of others.
    pub(super) fn of(name: String, format: &'static str, samples: &Samples) -> Option<Self> {
        let cycle = samples.cycle.as_ref()?;
        Some(Self {
            name,
            format,
            time: (*samples.time.first()?, *samples.time.last()?),
            cycle: (*cycle.first()?, *cycle.last()?),
        })
    }

    /// Whether another file begins with the cycle in which this one ends or with the next one, and with a time behind its last one. A
    /// clock that begins anew, or a first cycle, may be any cell's.
    fn is_followed_by(&self, next: &Self) -> bool {
        let (begin, end) = self.time;
        self.format == next.format
            && next.cycle.0 > 1
            && (self.cycle.1..=self.cycle.1 + 1).contains(&next.cycle.0)
            && next.time.0 >= end
            && next.time.0 - end < end - begin
    }
}

/// What is said of files that go on from one another: the list that a cell of theirs would have.
pub(super) fn said(mut files: Vec<Ends>) -> String {
    files.sort_by(|one, other| one.time.0.total_cmp(&other.time.0));
    let mut said = String::new();
    while !files.is_empty() {
        let mut chain = vec![files.remove(0)];
        // by exactly one file, since two are of two cells
        while let Some(last) = chain.last()
            && let [place] = files
                .iter()
                .enumerate()
                .filter(|(_, file)| last.is_followed_by(file))
                .map(|(place, _)| place)
                .collect::<Vec<usize>>()[..]
        {
            chain.push(files.remove(place));
        }
        if chain.len() > 1 {
            let names = chain.iter().map(|file| super::quoted(&file.name)).collect::<Vec<String>>().join(", ");
            said.push_str(&format!(
                "# By their times and numbers of cycles these files go on from one another: if they are of one cell, give it all of them,\n\
                 #   files: [{names}]\n# and take the other drafts of them out.\n"
            ));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, first and last time, first and last cycle.
    type File = (&'static str, (f64, f64), (u32, u32));

    fn file(name: &str, times: (f64, f64), cycles: (u32, u32)) -> Ends {
        Ends { name: name.to_owned(), format: "Arbin", time: times, cycle: cycles }
    }

    #[test]
    fn files_that_go_on_from_one_another_are_said_in_their_order() {
        let [one, two, three] =
            [("a.csv", (0.0, 9.0), (1, 5)), ("b.csv", (9.5, 20.0), (6, 9)), ("c.csv", (20.0, 30.0), (9, 12))];
        let all = |of: &[File]| said(of.iter().map(|(n, t, c)| file(n, *t, *c)).collect());
        assert!(all(&[three, one, two]).contains("files: [a.csv, b.csv, c.csv]"), "{}", all(&[three, one, two]));
        assert_eq!(all(&[one]), "");
        // of two cells side by side, and with a file that lacks
        assert_eq!(all(&[one, ("d.csv", (0.0, 9.0), (1, 5))]), "");
        assert_eq!(all(&[one, two, ("e.csv", (9.5, 21.0), (6, 9))]), "");
        assert_eq!(all(&[one, three]), "");
        assert_eq!(all(&[one, ("d.csv", (0.0, 9.0), (6, 9))]), "");
    }
}
