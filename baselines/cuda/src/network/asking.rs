//! What a network answers: outputs and inputs of pairs, in portions.

use std::{collections::BTreeMap, sync::PoisonError};

use super::{Network, Sources, bounds, drops};
use crate::{
    error::CudaError,
    machine::{Argument, Memory},
    maps::{PLACES, coarse, scale},
    workspace::{Encoder, Seen, Workspace},
};

impl Network {
    /// The outputs of a branch for pairs of a cell and a reference; of a branch without references the second is not
    /// looked at. A reference's label is not in them. The output of a pair depends on no other pair.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn outputs(&self, branch: usize, sources: &Sources, pairs: &[(usize, usize)]) -> Result<Vec<f32>, CudaError> {
        let outputs = Memory::new(&self.machine, 4 * pairs.len(), "outputs")?;
        let mut order = Vec::with_capacity(pairs.len());
        self.for_portions(branch, sources, pairs, |portion| {
            let Asked { encoder, seen, workspace, places } = *portion;
            let images = places.len();
            let mut launches = self.kernels.forward(encoder, seen, workspace, images);
            launches.push(self.kernels.answers(encoder, workspace, (&outputs, order.len()), images));
            order.extend_from_slice(places);
            self.machine.run(&launches)
        })?;
        let answers = outputs.read::<f32>(0..pairs.len())?;
        let mut found = vec![f32::NAN; pairs.len()];
        order.into_iter().zip(answers).for_each(|(place, answer)| found[place] = answer);
        Ok(found)
    }

    /// What a branch sees of pairs, as [`Network::outputs`] has them: cleaned inputs, outlying cycles zeroed, as exactly as
    /// the convolutions read them. For checks.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn inputs(
        &self,
        branch: usize,
        sources: &Sources,
        pairs: &[(usize, usize)],
    ) -> Result<Vec<Vec<f32>>, CudaError> {
        let mut found = vec![Vec::new(); pairs.len()];
        self.for_portions(branch, sources, pairs, |portion| {
            let Asked { encoder, seen, places, .. } = *portion;
            let scale = encoder.input_scale.read::<f32>(0..PLACES)?;
            let shape = self.spec.shape;
            let pixels = shape.height * shape.width;
            let halves = self.kernels.halves();
            let x = seen.inputs.x.read::<u16>(0..halves * places.len() * pixels * PLACES)?;
            let dropped = match seen.drop {
                Some(drop) => drop.read::<u8>(0..places.len() * shape.rows())?,
                None => Vec::new(),
            };
            for (image, &place) in places.iter().enumerate() {
                let value = |at: usize| {
                    let (channel, pixel) = (at / pixels, at % pixels);
                    let row = image * shape.rows() + at / shape.width;
                    if dropped.get(row).is_some_and(|&dropped| dropped != 0) {
                        return 0.0;
                    }
                    let half = |half: usize| {
                        half_to_f32(x[((half * places.len() + image) * pixels + pixel) * PLACES + channel])
                    };
                    (0..halves).map(half).sum::<f32>() / scale[channel]
                };
                found[place] = (0..shape.len()).map(value).collect();
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Makes the inputs of pairs and leaves them, for measurements.
    ///
    /// # Errors
    /// As [`Network::prepare`].
    pub fn make_inputs(&self, branch: usize, sources: &Sources, pairs: &[(usize, usize)]) -> Result<(), CudaError> {
        self.for_portions(branch, sources, pairs, |_| Ok(()))
    }

    /// Makes the inputs of pairs in portions, and does something with each.
    ///
    /// Pairs are asked together if their channels are scaled alike: how depends on the cell of a pair and on all
    /// references, so that the others that are asked have no part in it.
    fn for_portions(
        &self,
        branch: usize,
        sources: &Sources,
        pairs: &[(usize, usize)],
        mut ask: impl FnMut(&Asked<'_>) -> Result<(), CudaError>,
    ) -> Result<(), CudaError> {
        let input = self.spec.branches[branch].input;
        let of_references = sources.references.largest();
        let mut alike: BTreeMap<[u32; PLACES], Vec<usize>> = BTreeMap::new();
        for (place, &(cell, _)) in pairs.iter().enumerate() {
            let scale = coarse(scale(bounds(input, sources.cells.largest_of(cell), &of_references)));
            alike.entry(scale.map(f32::to_bits)).or_default().push(place);
        }
        let needs_planar = self.kernels.needs_planar(input);
        let mut cached = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let workspace = match cached.take() {
            Some(workspace) if workspace.serves(&self.kernels, pairs.len(), needs_planar) => workspace,
            _ => Workspace::new(&self.machine, &self.kernels, (pairs.len(), 1), (true, needs_planar), false)?,
        };
        let workspace = cached.insert(workspace);
        let mut source = self.source(sources, input, [1.0; PLACES])?;
        let pair = |&place: &usize| {
            let (cell, reference) = pairs[place];
            [cell as i32, if input.has_references() { reference } else { cell } as i32]
        };
        // all that goes up does so before the first kernel, so that none waits for it
        let there = |(scale, places): (&[u32; PLACES], &Vec<usize>)| -> Result<_, CudaError> {
            let scale = Memory::of(&self.machine, &scale.map(f32::from_bits), "scales")?;
            let table = places.iter().flat_map(pair).collect::<Vec<_>>();
            Ok((scale, Memory::of(&self.machine, &table, "pairs")?))
        };
        let groups = alike.iter().map(there).collect::<Result<Vec<_>, CudaError>>()?;
        let mut tables = Vec::new();
        for ((scale, table), places) in groups.into_iter().zip(alike.values()) {
            tables.push((std::mem::replace(&mut source.scale, scale), table));
            let (_, table) = &tables[tables.len() - 1];
            let encoder = self.encoder(branch, &source.scale);
            self.machine.run(&self.kernels.pack(&encoder))?;
            let portions = places.chunks(workspace.images());
            for (first, places) in (0..).step_by(workspace.images()).zip(portions) {
                let inputs = workspace.inputs.as_ref().expect("it was made with a place for inputs");
                let images = places.len();
                let to = (inputs, workspace.planar.as_ref());
                self.machine.run(&self.kernels.input(&source, input, table.at(8 * first), to, images))?;
                let drop = drops(input).then_some(&inputs.drop);
                let seen = &Seen { inputs, planes: images, which: Argument::Address(0), drop };
                ask(&Asked { encoder: &encoder, seen, workspace, places })?;
            }
        }
        // tables and scales are given back here
        self.machine.finish()
    }
}

/// Inputs of some pairs in a workspace.
struct Asked<'a> {
    encoder: &'a Encoder<'a>,
    seen: &'a Seen<'a>,
    workspace: &'a Workspace,
    /// Of the pairs among all.
    places: &'a [usize],
}

fn half_to_f32(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, bits >> 10 & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * f32::exp2(-24.0),
        31 => f32::INFINITY,
        exponent => (1024.0 + fraction) * f32::exp2(f32::from(exponent) - 25.0),
    };
    if sign == 1 { -size } else { size }
}
