package invite

import (
	"crypto/ed25519"
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
	formats.Map(t, "invite.Hello", formats.Payload[Hello]())
	formats.Map(t, "invite.Answer", formats.Payload[Answer]())
	formats.Map(t, "invite.Renewed", formats.Payload[Renewed]())
	formats.Map(t, "invite.Done", formats.Payload[Done]())
	formats.Map(t, "invite.Refused", formats.Payload[Refused]())
	formats.Map(t, "invite.Created", formats.Payload[Created]())
	formats.Map(t, "invite.Accepting", formats.Payload[Accepting]())
	formats.Map(t, "invite.Accepted", formats.Payload[Accepted]())
	formats.Map(t, "invite.Completed", formats.Payload[Completed]())
	formats.Map(t, "invite.Declined", formats.Payload[Declined]())
	formats.Map(t, "invite.Ended", formats.Payload[Ended]())
	formats.Map(t, "invite.CreateIntent", formats.Payload[CreateIntent]())
	formats.Map(t, "invite.CreateResult", formats.Payload[CreateResult]())
	formats.Map(t, "invite.CodeIntent", formats.Payload[CodeIntent]())
	formats.Map(t, "invite.CodeResult", formats.Payload[CodeResult]())
	formats.Map(t, "invite.CancelIntent", formats.Payload[CancelIntent]())
	formats.Map(t, "invite.savedState", formats.State[savedState]())
	formats.Map(t, "invite.savedEvent", formats.State[savedEvent]())
}

func TestFormatsOfTheExchange(t *testing.T) {
	certificate := foldtest.NewPerson(1).Certificate
	hello, answer := formats.Sample[Hello](), formats.Sample[Answer]()
	hello.Certificate, answer.Certificate = certificate.Encode(), certificate.Encode()
	hello.Addresses, answer.Addresses = []string{"/ip4/192.0.2.1/tcp/4001"}, []string{"/ip4/192.0.2.2/tcp/4001"}
	message := func(golden string, m Message) {
		formats.Map(t, golden, formats.Codec[Message]{
			Value: m, Encode: func(m *Message) ([]byte, error) { return m.Encode() }, Decode: DecodeMessage,
		})
	}
	message("invite.Message-hello", Message{Hello: &hello})
	message("invite.Message-answer", Message{Answer: &answer})
	message("invite.Message-done", Message{Done: &Done{Confirm: [32]byte{1}}})
	message("invite.Message-refused", Message{Refused: &Refused{RefusalExpired}})
	message("invite.Message-renewed", Message{Renewed: &Renewed{hello.Addresses}})
}

func TestFormatsOfTheCode(t *testing.T) {
	ada := foldtest.NewPerson(1)
	c, err := New(ada.Certificate, [16]byte{7}, []string{"/ip4/192.0.2.1/tcp/4001"}, time.Hour, aura.Physical{At: aura.Instant(1_800_000_000 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	c.Signature = [64]byte(ed25519.Sign(ada.Signing, c.SigningBytes()))
	b := append(c.body(), c.Signature[:]...)
	at := len(b) - ed25519.SignatureSize
	formats.Layout(t, "invite.Code", formats.Codec[Code]{
		Value: c,
		Encode: func(c *Code) ([]byte, error) {
			return base64.RawURLEncoding.DecodeString(strings.TrimPrefix(c.Encode(), "aura1"))
		},
		Decode: func(b []byte) (Code, error) { return Parse("aura1" + base64.RawURLEncoding.EncodeToString(b)) },
	}, formats.Part{Field: "Link", Bytes: c.Link[:]}, formats.Part{Field: "Signing", Bytes: c.Signing[:]},
		formats.Part{Field: "Agreement", Bytes: c.Agreement[:]}, formats.Part{Field: "Secret", Bytes: c.Secret[:]},
		formats.Part{Field: "Expires", Bytes: b[112:116]}, formats.Part{Field: "Addresses", Bytes: []byte{flagTCP, 192, 0, 2, 1, 0x0f, 0xa1}},
		formats.Part{Field: "Signature", Bytes: b[at:]})

	// An older build says of a newer code that it is one.
	if _, err := Parse("aura2" + strings.TrimPrefix(c.Encode(), "aura1")); aura.KindOf(err) != aura.Unavailable {
		t.Errorf("a newer code: %v", err)
	}
}

// TestDerivedNames holds what docs/formats.md says of an invitation and its exchange.
func TestDerivedNames(t *testing.T) {
	c := formats.Sample[Code]()
	id, psk := c.ID(), c.PSK()
	formats.Signed(t, `aura invitation v1\x00`, c.SigningBytes())
	formats.Derived(t, `aura invitation id v1\x00`, id[:])
	formats.Derived(t, "aura invitation psk v1", psk[:])
	session := SessionOf(ID{1}, [32]byte{2})
	formats.Derived(t, `aura invitation session v1\x00`, session[:])
	transcript, err := Transcript(ID{1}, formats.Sample[Hello](), formats.Sample[Answer]())
	if err != nil {
		t.Fatal(err)
	}
	formats.Derived(t, `aura invitation transcript v1\x00`, transcript[:])
	k := Derive([32]byte{1}, []byte("secret"), [32]byte{2})
	formats.Derived(t, `aura context v1\x00`, k.Context[:])
	formats.Derived(t, "aura context secret v1", k.Secret[:])
	formats.Derived(t, "aura inviter confirms v1", k.Inviter[:])
	formats.Derived(t, "aura accepter confirms v1", k.Accepter[:])
}
