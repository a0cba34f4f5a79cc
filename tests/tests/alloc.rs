//! A training step allocates nothing after the first: forward, backward, the steps of the optimizers, with radii and without.

#![allow(unsafe_code, reason = "an allocator that counts has to be an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nfgrad::bound::Domain;
use nfgrad::graph::{Leaves, Node, Then};
use nfgrad::op::{Add, All, CrossEntropy, MatMul, Mean, Mse, Mul, Relu, Sum, Tanh};
use nfgrad::optim::{AdamW, Sgd};
use nfgrad::prelude::*;

thread_local! {
    /// What the current thread has allocated: the harness runs tests side by side.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // A thread that is being torn down has no counter any more, and nobody asks for it.
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call is passed on to the system's allocator, unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from the system's allocator, by `alloc` or `realloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How often `work` asks for memory.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Two layers and a cross-entropy: 784-128-10, a batch of 16.
mod classifier {
    use super::*;

    type W1 = (D<784>, D<128>);
    type B1 = (D<128>,);
    type W2 = (D<128>, D<10>);
    type B2 = (D<10>,);
    type X = (D<16>, D<784>);
    type T = (D<16>, D<10>);
    type H = (D<16>, D<128>);
    type Losses = (D<16>,);

    type Params = Snoc<Snoc<Snoc<Snoc<Nil, W1>, B1>, W2>, B2>;
    type G0 = Leaves<Params, Snoc<Snoc<Nil, X>, T>>;
    type C0 = <G0 as RevGraph>::Context;
    type G1 = Then<G0, Node<MatMul, (Idx<C0, X, 4>, Idx<C0, W1, 0>)>>;
    type C1 = <G1 as RevGraph>::Context;
    type G2 = Then<G1, Node<Add, (Idx<C1, H, 6>, Idx<C1, B1, 1>)>>;
    type C2 = <G2 as RevGraph>::Context;
    type G3 = Then<G2, Node<Relu, (Idx<C2, H, 7>,)>>;
    type C3 = <G3 as RevGraph>::Context;
    type G4 = Then<G3, Node<MatMul, (Idx<C3, H, 8>, Idx<C3, W2, 2>)>>;
    type C4 = <G4 as RevGraph>::Context;
    type G5 = Then<G4, Node<Add, (Idx<C4, T, 9>, Idx<C4, B2, 3>)>>;
    type C5 = <G5 as RevGraph>::Context;
    type G6 = Then<G5, Node<CrossEntropy, (Idx<C5, T, 10>, Idx<C5, T, 5>)>>;
    type C6 = <G6 as RevGraph>::Context;
    pub(super) type Net = Then<G6, Node<Mean<All>, (Idx<C6, Losses, 11>,)>>;
}

/// Nodes with several consumers, whose contributions are added.
mod diamond {
    use super::*;

    type V = (D<5>,);
    type W = (D<5>, D<5>);

    type G0 = Leaves<Snoc<Snoc<Nil, W>, V>, Snoc<Nil, V>>;
    type C0 = <G0 as RevGraph>::Context;
    type G1 = Then<G0, Node<MatMul, (Idx<C0, W, 0>, Idx<C0, V, 1>)>>;
    type C1 = <G1 as RevGraph>::Context;
    type G2 = Then<G1, Node<Tanh, (Idx<C1, V, 3>,)>>;
    type C2 = <G2 as RevGraph>::Context;
    type G3 = Then<G2, Node<Mul, (Idx<C2, V, 4>, Idx<C2, V, 4>)>>;
    type C3 = <G3 as RevGraph>::Context;
    type G4 = Then<G3, Node<Add, (Idx<C3, V, 5>, Idx<C3, V, 3>)>>;
    type C4 = <G4 as RevGraph>::Context;
    type G5 = Then<G4, Node<Mse, (Idx<C4, V, 6>, Idx<C4, V, 2>)>>;
    type C5 = <G5 as RevGraph>::Context;
    type G6 = Then<G5, Node<Sum<All>, (Idx<C5, V, 6>,)>>;
    type C6 = <G6 as RevGraph>::Context;
    pub(super) type Net = Then<G6, Node<Add, (Idx<C6, (), 7>, Idx<C6, (), 8>)>>;
}

graph! {
    /// A convolution, poolings that overlap, and a mean.
    graph Convolutional {
        input x: [3, 2, 9, 8];
        param w: [4, 1, 3, 3];
        param b: [4];
        let h = max_pool2d(conv2d(x, w, b, padding = 1, groups = 2), size = 3, stride = 2);
        output loss = mean(avg_pool2d(h, size = 2, stride = 1));
    }
}

/// The steps after the first.
const STEPS: usize = 3;

fn plain<G: nfgrad::graph::HasLoss, F: Format>() -> u64 {
    let mut run = Run::<G, F>::new();
    let (mut sgd, mut adam) = (Sgd::new(0.1).momentum(0.9).weight_decay(0.01), AdamW::new(0.1));
    let mut step = || {
        run.forward();
        run.backward();
        sgd.step(&mut run).expect("good hyper-parameters");
        run.forward();
        run.backward();
        adam.step(&mut run).expect("good hyper-parameters");
    };
    step();
    allocations(|| (0..STEPS).for_each(|_| step()))
}

fn bounded<G: nfgrad::graph::HasLoss, F: Format, D: Domain>() -> u64 {
    let mut run = BoundedRun::<G, F, D>::new();
    let (mut sgd, mut adam) = (Sgd::new(0.1).momentum(0.9).weight_decay(0.01), AdamW::new(0.1));
    let mut step = || {
        run.forward().unwrap();
        run.backward().unwrap();
        sgd.step_bounded(&mut run).expect("good hyper-parameters");
        // The gradients of the parameters before are no gradients of these.
        run.forward().unwrap();
        run.backward().unwrap();
        adam.step_bounded(&mut run).expect("good hyper-parameters");
    };
    step();
    allocations(|| (0..STEPS).for_each(|_| step()))
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8; 100]))), 1);
}

#[test]
fn a_plain_step_allocates_nothing() {
    assert_eq!(plain::<classifier::Net, f32>(), 0);
    assert_eq!(plain::<classifier::Net, bf16>(), 0);
    assert_eq!(plain::<Convolutional, f32>(), 0);
    assert_eq!(plain::<Convolutional, bf16>(), 0);
    assert_eq!(plain::<diamond::Net, f32>(), 0);
    assert_eq!(plain::<diamond::Net, f64>(), 0);
    assert_eq!(plain::<diamond::Net, bf16>(), 0);
}

#[test]
fn a_step_with_one_radius_a_tensor_allocates_nothing() {
    assert_eq!(bounded::<classifier::Net, f32, Uniform>(), 0);
    assert_eq!(bounded::<classifier::Net, bf16, Uniform>(), 0);
    assert_eq!(bounded::<Convolutional, bf16, Uniform>(), 0);
    assert_eq!(bounded::<diamond::Net, f64, Uniform>(), 0);
    assert_eq!(bounded::<classifier::Net, f32, Euclidean>(), 0);
    assert_eq!(bounded::<classifier::Net, bf16, Euclidean>(), 0);
    assert_eq!(bounded::<diamond::Net, f64, Euclidean>(), 0);
}

#[test]
fn a_step_with_a_radius_for_each_element_allocates_nothing() {
    assert_eq!(bounded::<classifier::Net, f32, Elementwise>(), 0);
    assert_eq!(bounded::<classifier::Net, f64, Elementwise>(), 0);
    assert_eq!(bounded::<Convolutional, f64, Elementwise>(), 0);
    assert_eq!(bounded::<diamond::Net, f32, Elementwise>(), 0);
    assert_eq!(bounded::<diamond::Net, bf16, Elementwise>(), 0);
}
