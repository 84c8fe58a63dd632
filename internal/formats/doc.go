// Package formats holds docs/formats.md, the page about everything that Aura stores and sends, against the code.
//
// The page describes each structure by a table and names its golden files. A package that encodes a structure has a test
// that calls [Map] or [Layout] with fixed values: encoding them gives the bytes of the golden file, decoding those gives
// the values, and a field that the code does not know is skipped or refused as the page says. The tests of this package
// compare the tables with the golden files and with the tags in the source, and find what the page leaves out.
//
//	go test ./domain/chat -run Formats -update-formats    # rewrites the golden files; explain each changed byte
package formats
