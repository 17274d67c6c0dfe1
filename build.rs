//! Compiles the protocol definitions in `proto/` without `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(["tfplugin6.proto", "goplugin.proto"], ["proto"])?;
    // Comments become doc tests in the generated code; ours are prose about the wire, not Rust.
    let mut config = tonic_prost_build::Config::new();
    config.disable_comments(["."]);
    // 15,000 indicators are 8 MiB of MessagePack: shared buffers instead of copies.
    config.bytes([".tfplugin6.DynamicValue", ".tfplugin6.RawState.json"]);
    // The same schema should always be the same bytes.
    config.btree_map([".tfplugin6"]);

    tonic_prost_build::configure()
        .build_client(true)
        .build_transport(false)
        .generate_default_stubs(true)
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}
