package keyring

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/internal/formats"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/roster/phrase"
)

// TestFormats holds what docs/formats.md says of the keyring file.
func TestFormats(t *testing.T) {
	protector := Passphrase([]byte("correct horse battery"))
	s := secrets{phrase: [phrase.Size]byte{1}, signing: [32]byte{2}, agreement: [32]byte{3}, link: [32]byte{4}, store: [32]byte{5}}
	s.deriveRoot()
	file := formats.Codec[secrets]{
		Value: s, Encode: func(s *secrets) ([]byte, error) { return encode(s, protector, &formats.Entropy{}) },
		Decode: func(b []byte) (secrets, error) { return decode(b, protector) },
	}
	content, err := file.Encode(&s)
	if err != nil {
		t.Fatal(err)
	}
	const keyAt, keySize = 15 + 1 + 10 + 2, 24 + 24 + 48
	at := keyAt + keySize
	formats.Layout(t, "keyring.file", file,
		formats.Part{Field: "Magic", Bytes: []byte("aura keyring 2\n")}, formats.Part{Field: "NameSize", Bytes: []byte{10}},
		formats.Part{Field: "Name", Bytes: []byte("passphrase")}, formats.Part{Field: "KeySize", Bytes: []byte{0, keySize}},
		formats.Part{Field: "Key", Bytes: content[keyAt:at]}, formats.Part{Field: "Nonce", Bytes: content[at : at+24]},
		formats.Part{Field: "Body", Bytes: content[at+24:]})

	header := content[:at]
	fileKey, err := protector.Open(content[keyAt:at])
	if err != nil {
		t.Fatal(err)
	}
	body := file
	body.Encode = func(s *secrets) ([]byte, error) {
		b, ok := openSealed(header, content[at:], fileKey, bodyPurpose)
		if !ok {
			return nil, errors.New("the body does not open")
		}
		return b, nil
	}
	body.Decode = func(b []byte) (secrets, error) {
		return decode(sealInto(header, fileKey, bodyPurpose, b, &formats.Entropy{}), protector)
	}
	formats.Layout(t, "keyring.body", body,
		formats.Part{Field: "Phrase", Bytes: s.phrase[:]}, formats.Part{Field: "Signing", Bytes: s.signing[:]},
		formats.Part{Field: "Agreement", Bytes: s.agreement[:]}, formats.Part{Field: "Link", Bytes: s.link[:]},
		formats.Part{Field: "Store", Bytes: s.store[:]})

	a := secrets{away: away{roster.RootPlacePhrase, [32]byte{6}, [64]byte{7}}, signing: s.signing, agreement: s.agreement, link: s.link, store: s.store}
	content, err = encode(&a, protector, &formats.Entropy{})
	if err != nil {
		t.Fatal(err)
	}
	header = content[:at]
	body.Value = a
	formats.Layout(t, "keyring.away", body,
		formats.Part{Field: "Place", Bytes: []byte{2}}, formats.Part{Field: "Root", Bytes: a.away.root[:]},
		formats.Part{Field: "Certificate", Bytes: a.away.signature[:]}, formats.Part{Field: "Signing", Bytes: s.signing[:]},
		formats.Part{Field: "Agreement", Bytes: s.agreement[:]}, formats.Part{Field: "Link", Bytes: s.link[:]},
		formats.Part{Field: "Store", Bytes: s.store[:]})

	// An older build refuses a newer file and says why.
	newer := bytes.Replace(content, []byte("keyring 3"), []byte("keyring 4"), 1)
	if _, err := decode(newer, protector); aura.KindOf(err) != aura.Invalid || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer keyring: %v", err)
	}
}
