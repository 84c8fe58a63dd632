package fact_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

type inner struct {
	Name string `cbor:"1,keyasint,omitempty"`
	On   bool   `cbor:"2,keyasint,omitempty"`
}

type payload struct {
	Text   string         `cbor:"1,keyasint,omitempty"`
	Amount int64          `cbor:"2,keyasint,omitempty"`
	ID     aura.ContextID `cbor:"3,keyasint,omitzero"`
	List   []inner        `cbor:"4,keyasint,omitempty"`
	Raw    []byte         `cbor:"5,keyasint,omitempty"`
}

func TestPayloadSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := payload{
			Text:   rapid.String().Draw(t, "text"),
			Amount: rapid.Int64().Draw(t, "amount"),
			ID:     bytes32("id").Draw(t, "context"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			want.List = append(want.List, inner{Name: rapid.String().Draw(t, "name"), On: rapid.Bool().Draw(t, "on")})
		}
		b, err := fact.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got payload
		if err := fact.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("decoded payload differs (-want +got):\n%s", diff)
		}
	})
}

// TestTextThatIsNotUTF8HasNoBytes: what a reader would refuse does not become a fact, and a reader refuses it in a field that it does not
// know, too.
func TestTextThatIsNotUTF8HasNoBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		b, err := fact.Marshal(payload{List: []inner{{Name: text}}})
		if valid := utf8.ValidString(text); valid != (err == nil) || !valid && !errors.Is(err, aura.Invalid) {
			t.Fatalf("%q: %v", text, err)
		}
		if err == nil {
			err = fact.Unmarshal(b, new(payload))
		}
		if err != nil && utf8.ValidString(text) {
			t.Fatalf("%q: %v", text, err)
		}
	})
	if err := fact.Unmarshal([]byte{0xa1, 9, 0x61, 0xff}, new(payload)); !errors.Is(err, aura.Corrupt) {
		t.Errorf("in a field that is not known: %v", err)
	}
}

func TestPayloadSkipsWhatANewerPeerAdds(t *testing.T) {
	type newer struct {
		Text  string            `cbor:"1,keyasint,omitempty"`
		Added map[string][]bool `cbor:"9,keyasint,omitempty"`
	}
	b, err := fact.Marshal(newer{Text: "hi", Added: map[string][]bool{"b": {true}, "aa": {false, true}}})
	if err != nil {
		t.Fatal(err)
	}
	var got payload
	if err := fact.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Text != "hi" {
		t.Errorf("text is %q", got.Text)
	}
}

func TestPayloadRefusesOtherEncodings(t *testing.T) {
	deep := append([]byte(strings.Repeat("\x81", 20)), 0)
	cases := map[string][]byte{
		"empty":                   {},
		"trailing byte":           {0xa0, 0x00},
		"long-form key":           {0xa1, 0x18, 0x01, 0x61, 'a'},
		"long-form length":        {0xa1, 0x01, 0x78, 0x01, 'a'},
		"long-form in unknown":    {0xa1, 0x09, 0x18, 0x01},
		"two-byte for one":        {0xa1, 0x02, 0x19, 0x00, 0xff},
		"four-byte for two":       {0xa1, 0x02, 0x1a, 0x00, 0x00, 0xff, 0xff},
		"eight-byte for four":     {0xa1, 0x02, 0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		"keys out of order":       {0xa2, 0x02, 0x01, 0x01, 0x61, 'a'},
		"repeated key":            {0xa2, 0x01, 0x61, 'a', 0x01, 0x61, 'b'},
		"repeated unknown key":    {0xa2, 0x09, 0x01, 0x09, 0x01},
		"indefinite text":         {0xa1, 0x01, 0x7f, 0x61, 'a', 0xff},
		"indefinite map":          {0xbf, 0x01, 0x61, 'a', 0xff},
		"tag":                     {0xa1, 0x02, 0xc1, 0x01},
		"float":                   {0xa1, 0x02, 0xf9, 0x3c, 0x00},
		"undefined":               {0xa1, 0x09, 0xf7},
		"reserved head":           {0x1c},
		"truncated text":          {0xa1, 0x01, 0x62, 'a'},
		"array of lies":           {0xa1, 0x09, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"text that is not UTF-8":  {0xa1, 0x01, 0x61, 0xff},
		"deeply nested":           deep,
		"wrong type":              {0xa1, 0x01, 0x01},
		"larger than any payload": make([]byte, fact.MaxPayload+1),
	}
	for name, b := range cases {
		var p payload
		if err := fact.Unmarshal(b, &p); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: got %v, want corrupt", name, err)
		}
	}
}

func TestPayloadThatCannotBeKeptIsInvalid(t *testing.T) {
	for name, v := range map[string]any{"channel": make(chan int), "float": 1.5, "large": make([]byte, fact.MaxPayload)} {
		if _, err := fact.Marshal(v); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}
