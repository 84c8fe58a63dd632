package enrol

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
)

const (
	// MaxCode is the greatest length of a code: its QR code fits a terminal of 80×40 characters.
	MaxCode = 300
	// DefaultLife is how long a code lives unless asked otherwise, and MaxLife the longest: both devices are at hand.
	DefaultLife = 10 * time.Minute
	MaxLife     = 24 * time.Hour

	family  = "auradev"
	version = '1'
	prefix  = family + string(version)
)

// The layout of a code: three keys, secret, expiry, addresses, check.
const (
	fixedSize   = 3*32 + 16 + 4
	checkSize   = 8
	addressRoom = (MaxCode-len(prefix))*6/8 - fixedSize - checkSize
)

// Code is the line by which a new device finds its sponsor. A device that has it may ask to join; the person decides.
type Code struct {
	Link      [32]byte     // Ed25519: the sponsor's device on the network
	Agreement [32]byte     // X25519: the static key of the sponsor's channels
	Root      [32]byte     // Ed25519: the root key of the account, from which its name follows
	Secret    [16]byte     // one-time
	Expires   aura.Instant // whole seconds, before the year 2106
	Addresses []string     // where the sponsor was when it made the code, best first
}

// ID names a code: a hash of it. It stands for the context of its channel.
type ID [32]byte

// String returns the text form: "enr_" and lower-case base32.
func (id ID) String() string {
	return "enr_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(id[:]))
}

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders identifiers by their bytes.
func (id ID) Compare(o ID) int { return bytes.Compare(id[:], o[:]) }

// New returns a code of a sponsor. Of the addresses those that a code can hold are taken, best first. A life of zero is
// [DefaultLife]; one that is shorter than a second or longer than [MaxLife] is [aura.Invalid].
func New(own fact.Certificate, secret [16]byte, addresses []string, life aura.Duration, now aura.Physical) (Code, error) {
	if life == 0 {
		life = DefaultLife
	}
	if life < time.Second || life > MaxLife {
		return Code{}, aura.Errorf("enrol.New", aura.Invalid, "a line for a new device lives between a second and %d hours", MaxLife/time.Hour)
	}
	second := aura.Instant(time.Second)
	return Code{
		Link: own.Link, Agreement: own.Agreement, Root: own.Root, Secret: secret,
		Expires: now.At.Add(life) / second * second, Addresses: invite.FitAddresses(addresses, addressRoom),
	}, nil
}

// Encode returns the one line of text.
func (c Code) Encode() string {
	b := c.body()
	check := checkOf(b)
	return prefix + base64.RawURLEncoding.EncodeToString(append(b, check[:]...))
}

// String returns the identifier, so that a code that is printed by mistake does not reveal its secret.
func (c Code) String() string { return c.ID().String() }

// ID returns the code's identifier. It reveals nothing of the secret.
func (c Code) ID() ID { return sha256.Sum256(append([]byte("aura enrolment id v1\x00"), c.body()...)) }

// PSK returns the pre-shared key of the channel.
func (c Code) PSK() [32]byte {
	key, err := hkdf.Key(sha256.New, c.Secret[:], nil, "aura enrolment psk v1", 32)
	if err != nil {
		panic(err) // only for more than 255 hashes of output
	}
	return [32]byte(key)
}

// Authority returns the account that the code leads to.
func (c Code) Authority() aura.AuthorityID { return aura.AuthorityOf(c.Root[:]) }

// CheckAlive returns [aura.Denied] when the code has expired by the clock's reading.
func (c Code) CheckAlive(now aura.Physical) error {
	if !expired(c.Expires, now) {
		return nil
	}
	return aura.Errorf("enrol.CheckAlive", aura.Denied, "the line expired on %s: make a new one on the other device with aura device add",
		c.Expires.Std().Format("2 January 2006 at 15:04:05 MST"))
}

func (c Code) body() []byte {
	b := make([]byte, 0, fixedSize+addressRoom+checkSize)
	b = append(b, c.Link[:]...)
	b = append(b, c.Agreement[:]...)
	b = append(b, c.Root[:]...)
	b = append(b, c.Secret[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(c.Expires/aura.Instant(time.Second)))
	return invite.AppendAddresses(b, c.Addresses)
}

// checkOf finds lines that were cut off or damaged. A signature would say no more: who can change the line can make
// another one, and the person who copies it chooses which line to trust.
func checkOf(body []byte) [checkSize]byte {
	sum := sha256.Sum256(append([]byte("aura enrolment check v1\x00"), body...))
	return [checkSize]byte(sum[:])
}

// Parse reads a code, not its expiry. Spaces and line breaks, which chat programs insert, are ignored. The error tells the
// fault: a line of another kind ([aura.Invalid]), one of a newer version ([aura.Unavailable]), a damaged one ([aura.Corrupt]).
func Parse(text string) (Code, error) {
	const op = "enrol.Parse"
	text = invite.Compact(text)
	if _, err := invite.Parse(text); err == nil {
		return Code{}, aura.Errorf(op, aura.Invalid, "this line is the invitation of a person: accept it with aura invite accept")
	}
	rest, ok := strings.CutPrefix(text, family)
	switch {
	case !ok || rest == "" || rest[0] < '0' || rest[0] > '9':
		return Code{}, aura.Errorf(op, aura.Invalid, "this is no line for a new device: aura device add prints one, which begins with %q", prefix)
	case rest[0] != version:
		return Code{}, aura.Errorf(op, aura.Unavailable, "the line has version %c, this program knows version %c: upgrade", rest[0], version)
	case len(text) > MaxCode:
		return Code{}, aura.Errorf(op, aura.Corrupt, "the line has %d characters, the most is %d: copy it anew", len(text), MaxCode)
	}
	b, err := base64.RawURLEncoding.DecodeString(rest[1:])
	if err != nil || len(b) < fixedSize+checkSize {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the line is cut off or damaged after %d characters: copy it anew", len(text))
	}
	body := b[:len(b)-checkSize]
	if checkOf(body) != [checkSize]byte(b[len(body):]) {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the line was changed or cut off on the way: copy it anew")
	}
	c, err := decode(body)
	if err != nil {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the line is damaged: copy it anew")
	}
	if c.Encode() != text {
		return Code{}, aura.Errorf(op, aura.Corrupt, "the line is damaged: it is not in its one canonical form")
	}
	return c, nil
}

func decode(b []byte) (c Code, err error) {
	r := bytes.NewBuffer(b)
	copy(c.Link[:], r.Next(32))
	copy(c.Agreement[:], r.Next(32))
	copy(c.Root[:], r.Next(32))
	copy(c.Secret[:], r.Next(16))
	c.Expires = aura.Instant(binary.BigEndian.Uint32(r.Next(4))) * aura.Instant(time.Second)
	c.Addresses, err = invite.ParseAddresses(r.Bytes())
	return c, err
}

// SessionOf names the session in which a device, by the X25519 key that its channels prove, joins by a code: a device has one
// session for each.
func SessionOf(id ID, device [32]byte) (name aura.SessionID) {
	b := append([]byte("aura enrolment session v1\x00"), id[:]...)
	return aura.SessionID(sha256.Sum256(append(b, device[:]...)))
}

// expired compares the readings and ignores their uncertainty: an expiry is a courtesy, and single use does not rest on it.
func expired(at aura.Instant, now aura.Physical) bool {
	order, _ := aura.ComparePhysical(aura.PolicyMidpoint, now, aura.Physical{At: at})
	return order >= 0
}
