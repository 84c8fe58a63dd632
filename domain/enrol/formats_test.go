package enrol

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "enrol.Offer", formats.Payload[Offer]())
	formats.Map(t, "enrol.Keys", formats.Payload[Keys]())
	formats.Map(t, "enrol.Compare", formats.Payload[Compare]())
	formats.Map(t, "enrol.Listing", formats.Payload[Listing]())
	formats.Map(t, "enrol.Refusal", formats.Payload[Refusal]())
	formats.Map(t, "enrol.Cursor", formats.Payload[Cursor]())
	formats.Map(t, "enrol.Piece", formats.Payload[Piece]())
	formats.Map(t, "enrol.Secret", formats.Payload[Secret]())
	formats.Map(t, "enrol.Offered", formats.Payload[Offered]())
	formats.Map(t, "enrol.Claimed", formats.Payload[Claimed]())
	formats.Map(t, "enrol.Step", formats.Payload[Step]())
	formats.Map(t, "enrol.OfferIntent", formats.Payload[OfferIntent]())
	formats.Map(t, "enrol.OfferResult", formats.Payload[OfferResult]())
	formats.Map(t, "enrol.AnswerIntent", formats.Payload[AnswerIntent]())
	formats.Map(t, "enrol.savedState", formats.State[savedState]())
	formats.Map(t, "enrol.savedEvent", formats.State[savedEvent]())
}

func TestFormatsOfTheCode(t *testing.T) {
	c := sample(t)
	b := c.body()
	check := checkOf(b)
	formats.Layout(t, "enrol.Code", formats.Codec[Code]{
		Value: c,
		Encode: func(c *Code) ([]byte, error) {
			return base64.RawURLEncoding.DecodeString(strings.TrimPrefix(c.Encode(), prefix))
		},
		Decode: func(b []byte) (Code, error) { return Parse(prefix + base64.RawURLEncoding.EncodeToString(b)) },
	}, formats.Part{Field: "Link", Bytes: c.Link[:]}, formats.Part{Field: "Agreement", Bytes: c.Agreement[:]},
		formats.Part{Field: "Root", Bytes: c.Root[:]}, formats.Part{Field: "Secret", Bytes: c.Secret[:]},
		formats.Part{Field: "Expires", Bytes: b[112:116]}, formats.Part{Field: "Addresses", Bytes: b[116:]},
		formats.Part{Field: "Check", Bytes: check[:]})
}

// TestDerivedNames holds what docs/formats.md says of names, keys and signed bytes.
func TestDerivedNames(t *testing.T) {
	c, k := formats.Sample[Code](), formats.Sample[Keys]()
	id, psk, check := c.ID(), c.PSK(), checkOf(c.body())
	formats.Derived(t, `aura enrolment id v1\x00`, id[:])
	formats.Derived(t, "aura enrolment psk v1", psk[:])
	formats.Derived(t, `aura enrolment check v1\x00`, check[:])
	session := SessionOf(ID{1}, [32]byte{2})
	formats.Derived(t, `aura enrolment session v1\x00`, session[:])
	formats.Signed(t, `aura enrolment proof v1\x00`, k.ProofBytes(ID{1}))
	digits := k.Digits(ID{1}, [16]byte{2})
	formats.Derived(t, `aura enrolment digits v1\x00`, []byte(ShowDigits(digits)))
}

func sample(t testing.TB) Code {
	t.Helper()
	ada := foldtest.NewPerson(1)
	c, err := New(ada.Certificate, [16]byte{7}, []string{"/ip4/192.0.2.1/tcp/4001"}, time.Hour, aura.Physical{At: aura.Instant(1_800_000_000 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
