//! A training that is interrupted goes on bit for bit.

use std::fs;

use nfgrad::graph::Run;
use nfgrad::optim::{Adam, AdamW, Optimizer, Sgd};
use nfgrad::prelude::*;
use nfgrad::store::{Checkpoint, Malformed, Problem, Stored, Why};

use super::{Folder, Net, bits, misfits, problem, random, read};

/// What both trainings do.
trait Steps<F: Format>: Optimizer<F, Number: Stored> {
    fn take(&mut self, run: &mut Run<Net<3>, F>);
}

impl<F: Format + Stored> Steps<F> for Sgd<F> {
    fn take(&mut self, run: &mut Run<Net<3>, F>) {
        self.step(run).unwrap();
    }
}

impl Steps<f32> for Adam<f32> {
    fn take(&mut self, run: &mut Run<Net<3>, f32>) {
        self.step(run).unwrap();
    }
}

impl Steps<bf16> for AdamW<bf16> {
    fn take(&mut self, run: &mut Run<Net<3>, bf16>) {
        self.step(run).unwrap();
    }
}

fn train<F: Stored, O: Steps<F>>(run: &mut Run<Net<3>, F>, optimizer: &mut O, steps: usize) {
    for _ in 0..steps {
        run.forward();
        run.backward();
        optimizer.take(run);
    }
}

/// A training of ten steps with a break after `until`, taken up by an optimizer that was set otherwise, ends where one without a break does.
fn goes_on<F: Stored, O: Steps<F>>(optimizer: &O, fresh: &O, until: usize) {
    let folder = Folder::new(&format!("resume-{}-{}-{until}", O::KIND, F::NAME));
    let path = folder.file("training.safetensors");
    let (mut run, mut optimizer) = (random::<F>(20), optimizer.clone());
    train(&mut run, &mut optimizer, until);
    Checkpoint::new().note("step", until).note("nfgrad.mine", 1).save(&path, &run, &optimizer).unwrap();
    let mut again = random::<F>(20);
    again.params_and_gradients_mut().0.fill(F::ZERO);
    let mut fresh = fresh.clone();
    let checkpoint = Checkpoint::load(&path, &mut again, &mut fresh).unwrap();
    assert_eq!(checkpoint.get("step"), Some(until.to_string().as_str()));
    assert_eq!(checkpoint.get("nfgrad.mine"), None);
    let copy = folder.file("copy.safetensors");
    Checkpoint::new().note("step", until).save(&copy, &again, &fresh).unwrap();
    assert_eq!(read(&path), read(&copy));

    train(&mut run, &mut optimizer, 10 - until);
    train(&mut again, &mut fresh, 10 - until);
    run.forward();
    again.forward();
    assert_eq!(bits(run.outputs().y.as_slice()), bits(again.outputs().y.as_slice()));
    assert_eq!(bits(run.leaves().layers[0].up.w.as_slice()), bits(again.leaves().layers[0].up.w.as_slice()));
}

#[test]
fn a_training_goes_on_bit_for_bit() {
    for until in [0, 1, 6] {
        goes_on::<f32, _>(&Sgd::new(0.05).momentum(0.9).nesterov().weight_decay(1e-3), &Sgd::new(1.0), until);
        goes_on::<bf16, _>(&Sgd::new(0.01), &Sgd::new(0.5).momentum(0.5), until);
        goes_on::<f32, _>(&Adam::new(0.01).betas(0.8, 0.99), &Adam::new(0.5).eps(1e-3), until);
        goes_on::<bf16, _>(&AdamW::new(0.02).weight_decay(0.1), &AdamW::new(0.5), until);
    }
}

#[test]
fn radii_do_not_go_on_unless_that_is_said() {
    let folder = Folder::new("resume-radii");
    let path = folder.file("training.safetensors");
    let (mut run, mut adam) = (random::<f32>(21), Adam::new(0.01));
    train(&mut run, &mut adam, 3);
    Checkpoint::new().save(&path, &run, &adam).unwrap();
    let mut again = random::<f32>(21);
    let mut adam = Adam::new(0.01);
    Checkpoint::load(&path, &mut again, &mut adam).unwrap();
    let mut bounded = Net::<3>::bounded::<f32, Elementwise>();
    bounded.copy_leaves_from(&again);
    bounded.forward().unwrap();
    bounded.backward().unwrap();
    assert_eq!(adam.step_bounded(&mut bounded), Err(Error::StepsWithoutRadii));
    adam.assume_exact();
    adam.step_bounded(&mut bounded).unwrap();
}

#[test]
fn another_optimizer_another_format_and_a_file_of_params_are_refused() {
    let folder = Folder::new("resume-other");
    let path = folder.file("training.safetensors");
    let (mut run, mut adam) = (random::<f32>(22), Adam::new(0.01));
    train(&mut run, &mut adam, 2);
    Checkpoint::new().save(&path, &run, &adam).unwrap();
    let refused = problem(Checkpoint::load(&path, &mut run, &mut Sgd::new(0.1)));
    assert_eq!(refused, Problem::Checkpoint { expected: "Sgd", found: Some("Adam".to_owned()) });
    let refused = problem(Checkpoint::load(&path, &mut run, &mut AdamW::new(0.1)));
    assert_eq!(refused, Problem::Checkpoint { expected: "AdamW", found: Some("Adam".to_owned()) });
    let refused = problem(Checkpoint::load(&path, &mut random::<f64>(1), &mut Adam::new(0.1)));
    assert_eq!(refused, Problem::Checkpoint { expected: "f64", found: Some("f32".to_owned()) });
    assert_eq!(problem(Checkpoint::new().save(folder.file("a.npz"), &run, &adam)), Problem::Extension);
    // As parameters it has too much, and the parameters have too little for it.
    assert!(misfits(run.load_params(&path)).iter().all(|misfit| misfit.name.starts_with("optimizer/")));
    let params = folder.file("params.safetensors");
    run.save_params(&params).unwrap();
    let refused = problem(Checkpoint::load(&params, &mut run, &mut adam));
    assert_eq!(refused, Problem::Checkpoint { expected: "Adam", found: None });
}

#[test]
fn a_checkpoint_that_lacks_something_changes_nothing() {
    let folder = Folder::new("resume-damaged");
    let path = folder.file("training.safetensors");
    let (mut run, mut adam) = (random::<f32>(23), Adam::new(0.01));
    train(&mut run, &mut adam, 2);
    Checkpoint::new().save(&path, &run, &adam).unwrap();
    let sound = read(&path);
    let text = String::from_utf8_lossy(&sound).into_owned();
    let replaced = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = text.find(from).expect("there");
        [&sound[..at], to.as_bytes(), &sound[at + to.len()..]].concat()
    };
    let copy = folder.file("copy.safetensors");
    let (before, mut other) = (bits(random::<f32>(24).params()), random::<f32>(24));
    let mut fresh = Adam::new(0.5);
    fs::write(&copy, replaced("optimizer/second_moment/scale", "optimizer/Second_moment/scale")).unwrap();
    let found = misfits(Checkpoint::load(&copy, &mut other, &mut fresh));
    assert!(matches!((&found[0].why, &found[1].why), (Why::Missing { .. }, Why::Extra { .. })));
    // A power of beta that is 2.
    let number = folder.file("number.safetensors");
    let tensors = safetensors::SafeTensors::deserialize(&sound).unwrap();
    let power = tensors.tensor("optimizer/beta_2_to_the_step").unwrap().data();
    let at = power.as_ptr().addr() - sound.as_ptr().addr();
    let mut bytes = sound.clone();
    bytes[at..at + 8].copy_from_slice(&2.0_f64.to_le_bytes());
    fs::write(&number, bytes).unwrap();
    let refused = problem(Checkpoint::load(&number, &mut other, &mut fresh));
    assert!(
        matches!(refused, Problem::Malformed(Malformed::Number { name, .. }) if name == "optimizer/beta_2_to_the_step")
    );
    assert_eq!(bits(other.params()), before);
    // As fresh as before: it still begins from rest with its own rate.
    other.forward();
    other.backward();
    let mut same = other.clone();
    fresh.step(&mut other).unwrap();
    Adam::new(0.5).step(&mut same).unwrap();
    assert_eq!(bits(other.params()), bits(same.params()));
}
