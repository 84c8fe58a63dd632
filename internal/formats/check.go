package formats

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/fact"
)

var update = flag.Bool("update-formats", false, "rewrite the golden files of the formats; explain each changed byte")

// Codec is how a structure is encoded and decoded, with the fixed value of its golden file.
type Codec[T any] struct {
	Value  T
	Encode func(*T) ([]byte, error)
	Decode func([]byte) (T, error)
	// Equal compares values that are more than their fields; nil: [reflect.DeepEqual].
	Equal func(a, b *T) bool
}

// Payload returns the codec of a struct that [fact.Marshal] encodes, with a [Sample] of it.
func Payload[T any]() Codec[T] {
	return Codec[T]{Value: Sample[T](), Encode: func(v *T) ([]byte, error) { return fact.Marshal(v) }, Decode: unmarshal[T](fact.Unmarshal)}
}

// State returns the codec of a struct that [fact.MarshalState] encodes, with a [Sample] of it.
func State[T any]() Codec[T] {
	return Codec[T]{Value: Sample[T](), Encode: func(v *T) ([]byte, error) { return fact.MarshalState(v) }, Decode: unmarshal[T](fact.UnmarshalState)}
}

func unmarshal[T any](decode func([]byte, any) error) func([]byte) (T, error) {
	return func(b []byte) (T, error) {
		var v T
		err := decode(b, &v)
		return v, err
	}
}

// Map checks a structure that is a map of CBOR against a golden file that the page names: its bytes, its value, and what
// becomes of a field that the code does not know.
func Map[T any](t *testing.T, golden string, c Codec[T]) {
	t.Helper()
	t.Run(golden, func(t *testing.T) {
		s := find(t, golden)
		b := c.check(t, golden, func(b []byte) string { return renderMap(t, s, b) })
		newer, err := withUnknown(b)
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Decode(newer)
		switch {
		case s.unknown == "skipped" && (err != nil || !c.equal(&v)):
			t.Errorf("a field that is not known: %v %+v, the page says that it is skipped", err, v)
		case s.unknown == "refused" && err == nil:
			t.Error("a field that is not known is skipped, the page says that it is refused")
		}
	})
}

// Part is a field of a layout.
type Part struct {
	Field string
	Bytes []byte
}

// Layout checks a structure whose fields are in a row against a golden file that the page names: its bytes, its value,
// and what becomes of bytes behind its end.
func Layout[T any](t *testing.T, golden string, c Codec[T], parts ...Part) {
	t.Helper()
	t.Run(golden, func(t *testing.T) {
		s := find(t, golden)
		b := c.check(t, golden, func(b []byte) string { return renderLayout(parts) })
		var whole []byte
		for _, p := range parts {
			whole = append(whole, p.Bytes...)
		}
		if !bytes.Equal(whole, b) {
			t.Errorf("the parts are\n%x and the encoding is\n%x", whole, b)
		}
		_, err := c.Decode(append(bytes.Clone(b), 1))
		if (err == nil) != (s.unknown == "skipped") {
			t.Errorf("a byte behind the end: %v, the page says that it is %s", err, s.unknown)
		}
	})
}

// Text checks a structure that is text against a golden file that the page names. newer has a field that the code does not
// know; none means that the structure has no fields by name.
func Text[T any](t *testing.T, golden string, c Codec[T], newer func(string) string) {
	t.Helper()
	t.Run(golden, func(t *testing.T) {
		s := find(t, golden)
		b, err := c.Encode(&c.Value)
		if err != nil {
			t.Fatal(err)
		}
		want := compareText(t, golden, b)
		v, err := c.Decode(want)
		if err != nil || !c.equal(&v) {
			t.Errorf("decoded to\n%+v, %v, want\n%+v", v, err, c.Value)
		}
		if newer == nil {
			return
		}
		if v, err = c.Decode([]byte(newer(string(want)))); (err == nil && c.equal(&v)) != (s.unknown == "skipped") {
			t.Errorf("a field that is not known: %v, the page says that it is %s", err, s.unknown)
		}
	})
}

// compareText compares a text with a golden file and returns that.
func compareText(t *testing.T, golden string, b []byte) []byte {
	t.Helper()
	if *update {
		if err := os.WriteFile(goldenPath(t, golden), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenPath(t, golden))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b) {
		t.Errorf("encoded to\n%s\nthe golden file has\n%s\nmeant? change its table in docs/formats.md and run this test with -update-formats", b, want)
	}
	return want
}

// FutureJSON adds a field that no build knows to an object of JSON.
func FutureJSON(text string) string { return strings.Replace(text, "{", `{"of the future":1,`, 1) }

// check compares with the golden file and returns its bytes.
func (c *Codec[T]) check(t *testing.T, golden string, render func([]byte) string) []byte {
	t.Helper()
	b, err := c.Encode(&c.Value)
	if err != nil {
		t.Fatal(err)
	}
	path := goldenPath(t, golden)
	text := fmt.Sprintf("%s: %d bytes\n\n%s\n%s", golden, len(b), wrapped(b), render(b))
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := readGolden(t, golden)
	if !bytes.Equal(want.bytes, b) {
		t.Errorf("encoded to\n%x, the golden file has\n%x\nmeant? change its table in docs/formats.md and run this test with -update-formats", b, want.bytes)
	}
	if want.text != text && bytes.Equal(want.bytes, b) {
		t.Errorf("the golden file reads\n%s, the structure is now\n%s", want.text, text)
	}
	v, err := c.Decode(bytes.Clone(want.bytes))
	if err != nil {
		t.Fatal(err)
	}
	if !c.equal(&v) {
		t.Errorf("decoded to\n%+v, want\n%+v", v, c.Value)
	}
	return want.bytes
}

func (c *Codec[T]) equal(v *T) bool {
	if c.Equal != nil {
		return c.Equal(&c.Value, v)
	}
	return reflect.DeepEqual(&c.Value, v)
}

// goldenFile is a golden file: the bytes, which the first block has as hexadecimal digits, and all of its text.
type goldenFile struct {
	bytes []byte
	text  string
	parts []Part // of a layout
}

func readGolden(t testing.TB, name string) (g goldenFile) {
	t.Helper()
	text, err := os.ReadFile(goldenPath(t, name))
	if err != nil {
		t.Fatal(err)
	}
	g.text = string(text)
	blocks := strings.SplitN(g.text, "\n\n", 3)
	if len(blocks) != 3 {
		t.Fatalf("%s.golden has not three parts", name)
	}
	if g.bytes, err = hex.DecodeString(strings.ReplaceAll(blocks[1], "\n", "")); err != nil {
		t.Fatalf("%s.golden: %v", name, err)
	}
	for line := range strings.Lines(blocks[2]) {
		if field, digits, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			b, _ := hex.DecodeString(digits) // fails for the values of a map, which are not looked at
			g.parts = append(g.parts, Part{field, b})
		}
	}
	return g
}

// wrapped returns hexadecimal digits in lines.
func wrapped(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		n := min(len(b), 48)
		fmt.Fprintf(&out, "%x\n", b[:n])
		b = b[n:]
	}
	return out.String()
}

func renderMap(t *testing.T, s *structure, b []byte) string {
	t.Helper()
	it, err := decodeItem(b)
	if err != nil || it.major != majorMap {
		t.Fatalf("%s is no map of CBOR: %v", s.name, err)
	}
	names := map[string]string{}
	for _, r := range s.rows {
		names[r.key] = r.field
	}
	var out strings.Builder
	for i := 0; i < len(it.items); i += 2 {
		key := it.items[i].String()
		if it.items[i].major == majorText {
			key = string(it.items[i].str)
		}
		fmt.Fprintf(&out, "%s %s: %s\n", key, names[key], it.items[i+1])
	}
	return out.String()
}

func renderLayout(parts []Part) string {
	var out strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&out, "%s: %x\n", p.Field, p.Bytes)
	}
	return out.String()
}

// Inside returns how a structure is decoded that lies in the encoding of another one: its bytes take the place of was in
// outer.
func Inside[T any](outer, was []byte, decode func([]byte) (T, error)) func([]byte) (T, error) {
	return func(b []byte) (T, error) { return decode(bytes.Replace(outer, was, b, 1)) }
}
