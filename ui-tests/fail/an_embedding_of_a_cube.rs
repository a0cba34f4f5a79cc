use nfgrad::prelude::*;

graph! {
    pub graph Embedding<const B: usize> {
        param table: [100, 4, 16];
        input words: [B, 12];
        output rows = gather(table, words);
        output more = gather(words);
        output named = gather(table, index = words);
    }
}

fn main() {}
