// Command release builds the release: the binary aura for Linux, macOS and Windows on amd64 and arm64, stripped,
// with a file of SHA-256 checksums beside it.
//
//	go run ./internal/release -out dist
//
// It runs the go command with a fixed environment and writes nothing until every build has succeeded. The same commit
// and the same version of Go give the same bytes, in any folder and on any machine, so that a reader can check a
// release by building it again. It refuses a working tree with changes that are not committed: such a release could
// not be built again.
//
// It is a Go program and no script: it needs what building needs anyway, also on Windows.
package main
