package invite

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
	"unicode"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

const (
	// MaxCode is the greatest length of a code: its QR code fits a terminal of 80×40 characters.
	MaxCode = 300
	// DefaultLife is how long a code lives unless asked otherwise.
	DefaultLife = 7 * 24 * time.Hour
	// MaxLife is the longest that a code may live.
	MaxLife = 30 * 24 * time.Hour

	family  = "aura" // every version begins with it, so that an old parser knows a new code
	version = '1'
	prefix  = family + string(version)
)

// The layout of a code: three keys, secret, expiry, addresses, signature.
const (
	fixedSize   = 3*32 + 16 + 4
	addressRoom = (MaxCode-len(prefix))*6/8 - fixedSize - ed25519.SignatureSize
)

// Code is an invitation as it is handed over. A person who has it can answer it once.
type Code struct {
	Link      [32]byte     // Ed25519: the inviter's device on the network
	Signing   [32]byte     // Ed25519: the inviter's device
	Agreement [32]byte     // X25519: the static key of the inviter's channels
	Secret    [16]byte     // one-time
	Expires   aura.Instant // whole seconds, before the year 2106
	Addresses []string     // where the inviter was when it made the code, best first
	Signature [64]byte     // by Signing over [Code.SigningBytes]
}

// New returns a code without its signature, which the caller makes over [Code.SigningBytes]. Of the
// addresses those that a code can hold are taken, best first. A life of zero is [DefaultLife]; a
// negative one or one longer than [MaxLife] is [aura.Invalid].
func New(own fact.Certificate, secret [16]byte, addresses []string, life aura.Duration, now aura.Physical) (Code, error) {
	if life == 0 {
		life = DefaultLife
	}
	if life < time.Second || life > MaxLife {
		return Code{}, aura.Errorf("invite.New", aura.Invalid, "an invitation lives between a second and %d days", MaxLife/(24*time.Hour))
	}
	second := aura.Instant(time.Second)
	return Code{
		Link: own.Link, Signing: own.Signing, Agreement: own.Agreement, Secret: secret,
		Expires: now.At.Add(life) / second * second, Addresses: FitAddresses(addresses, addressRoom),
	}, nil
}

// SigningBytes returns the bytes that the inviter's device signs.
func (c Code) SigningBytes() []byte {
	return append([]byte("aura invitation v1\x00"), c.body()...)
}

// Encode returns the one line of text.
func (c Code) Encode() string {
	return prefix + base64.RawURLEncoding.EncodeToString(append(c.body(), c.Signature[:]...))
}

// String returns the identifier, so that a code that is printed by mistake does not reveal its secret.
func (c Code) String() string { return c.ID().String() }

// Device returns the inviter's device.
func (c Code) Device() aura.DeviceID { return aura.DeviceOf(c.Signing[:]) }

// ID returns the invitation's identifier. It reveals nothing of the secret.
func (c Code) ID() ID {
	return sha256.Sum256(append([]byte("aura invitation id v1\x00"), c.body()...))
}

// PSK returns the pre-shared key of the first channel.
func (c Code) PSK() [32]byte { return derive(c.Secret[:], nil, "aura invitation psk v1") }

// CheckAlive returns [aura.Denied] when the code has expired by the clock's reading.
func (c Code) CheckAlive(now aura.Physical) error {
	if !expired(c.Expires, now) {
		return nil
	}
	return aura.Errorf("invite.CheckAlive", aura.Denied, "the invitation expired on %s: ask for a new one",
		c.Expires.Std().Format("2 January 2006 at 15:04 MST"))
}

func (c Code) body() []byte {
	b := make([]byte, 0, fixedSize+addressRoom)
	b = append(b, c.Link[:]...)
	b = append(b, c.Signing[:]...)
	b = append(b, c.Agreement[:]...)
	b = append(b, c.Secret[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(c.Expires/aura.Instant(time.Second)))
	return AppendAddresses(b, c.Addresses)
}

// Parse reads a code and checks its signature, not its expiry. Spaces and line breaks, which chat programs
// insert, are ignored. The error tells the fault: no invitation at all ([aura.Invalid]), one of a newer
// version ([aura.Unavailable]), a damaged one ([aura.Corrupt]).
func Parse(text string) (Code, error) {
	const op = "invite.Parse"
	text = Compact(text)
	rest, ok := strings.CutPrefix(text, family)
	switch {
	case !ok || rest == "":
		return Code{}, aura.Errorf(op, aura.Invalid, "this is not an invitation: one begins with %q", prefix)
	case rest[0] >= '0' && rest[0] <= '9' && rest[0] != version:
		return Code{}, aura.Errorf(op, aura.Unavailable, "the invitation has version %c, this program knows version %c: upgrade", rest[0], version)
	case rest[0] != version:
		return Code{}, aura.Errorf(op, aura.Invalid, "this is not an invitation: one begins with %q", prefix)
	case len(text) > MaxCode:
		return Code{}, aura.Errorf(op, aura.Invalid, "this is not an invitation: it has %d characters, the most is %d", len(text), MaxCode)
	}
	if at := strings.IndexFunc(rest[1:], foreign); at >= 0 {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the invitation is damaged at character %d", len(prefix)+at+1)
	}
	b, err := base64.RawURLEncoding.DecodeString(rest[1:])
	if err != nil || len(b) < fixedSize+ed25519.SignatureSize {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the invitation is cut off after %d characters", len(text))
	}
	c, err := decode(b)
	if err != nil {
		return Code{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	if !ed25519.Verify(c.Signing[:], c.SigningBytes(), c.Signature[:]) {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the invitation's signature does not match: it was changed or cut off on the way")
	}
	if c.Encode() != text {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the invitation is damaged: it is not in its one canonical form")
	}
	return c, nil
}

func decode(b []byte) (c Code, err error) {
	r := bytes.NewBuffer(b)
	copy(c.Link[:], r.Next(32))
	copy(c.Signing[:], r.Next(32))
	copy(c.Agreement[:], r.Next(32))
	copy(c.Secret[:], r.Next(16))
	c.Expires = aura.Instant(binary.BigEndian.Uint32(r.Next(4))) * aura.Instant(time.Second)
	c.Addresses, err = ParseAddresses(r.Next(r.Len() - ed25519.SignatureSize))
	copy(c.Signature[:], r.Next(ed25519.SignatureSize))
	return c, err
}

// Compact drops what chat programs and terminals put between the characters of a line: white space and
// characters of no width.
func Compact(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}

// foreign reports whether a character is outside the alphabet of base64url.
func foreign(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && r != '-' && r != '_'
}

// expired compares the readings and ignores their uncertainty: an expiry is a courtesy to the clock of a
// person, and single use does not rest on it.
func expired(at aura.Instant, now aura.Physical) bool {
	order, _ := aura.ComparePhysical(aura.PolicyMidpoint, now, aura.Physical{At: at})
	return order >= 0
}
