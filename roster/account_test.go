package roster_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

const day = 24 * time.Hour

// at returns the instant n days after the beginning of the tests.
func at(days int) aura.Instant { return aura.Instant(1e18).Add(time.Duration(days) * day) }

// keys, devices and signatures are made once: the exploration needs each many thousand times.
var (
	keys       = map[string]ed25519.PrivateKey{}
	devices    = map[string]roster.Device{}
	signatures = map[string][64]byte{}
)

// once returns what make gave for a name at first.
func once[V any](made map[string]V, name string, make func() V) V {
	v, there := made[name]
	if !there {
		v = make()
		made[name] = v
	}
	return v
}

// key returns the key pair of a name.
func key(name string) ed25519.PrivateKey {
	return once(keys, name, func() ed25519.PrivateKey {
		seed := sha256.Sum256([]byte(name))
		return ed25519.NewKeyFromSeed(seed[:])
	})
}

func public(name string) [32]byte { return [32]byte(key(name).Public().(ed25519.PublicKey)) }

func signer(name string) func([]byte) [64]byte {
	return func(message []byte) [64]byte {
		return once(signatures, name+string(message), func() [64]byte { return [64]byte(ed25519.Sign(key(name), message)) })
	}
}

// certificate returns that of Ada's phone: the root key is named "root", her first device "phone".
func certificate() fact.Certificate {
	c := fact.Certificate{
		Root: public("root"), Signing: public("phone"), Agreement: sha256.Sum256([]byte("phone agreement")), Link: public("phone link"),
	}
	c.Signature = signer("root")(c.SigningBytes())
	return c
}

var ada = aura.AuthorityOf(key("root").Public().(ed25519.PublicKey))

// device returns the device of a name with its countersignature and every right.
func device(name string) roster.Device {
	return once(devices, name, func() roster.Device {
		d := roster.Device{
			Signing: public(name), Agreement: sha256.Sum256([]byte(name + " agreement")), Link: public(name + " link"),
			Rights: roster.RightsSpeak | roster.RightsGovern,
		}
		d.Countersignature = signer(name)(d.SigningBytes(ada))
		return d
	})
}

func id(name string) aura.DeviceID { return aura.DeviceOf(key(name).Public().(ed25519.PublicKey)) }

var guardians = roster.Recovery{Key: public("guardians"), Threshold: 2, Guardians: 3}

// founded returns Ada's chain of one entry.
func founded(t testing.TB) *roster.Chain {
	t.Helper()
	c := certificate()
	e, err := roster.Found(&c)
	if err != nil {
		t.Fatal(err)
	}
	chain := roster.New(ada)
	add(t, chain, e, 0)
	return chain
}

// failer is a test, one of rapid among them.
type failer interface {
	Helper()
	Fatal(...any)
}

func add(t failer, c *roster.Chain, e roster.Entry, seen aura.Instant) {
	t.Helper()
	if err := c.Add(e, seen); err != nil {
		t.Fatal(err)
	}
}

// must returns a made entry, signed by the key of a name.
func must(t testing.TB, by string) func(roster.Entry, error) roster.Entry {
	return func(e roster.Entry, err error) roster.Entry {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e.Sign(signer(by))
	}
}

// household returns Ada's chain with phone and laptop, equal shares and guardians, all of it long ago.
func household(t testing.TB) *roster.Chain {
	t.Helper()
	c := founded(t)
	add(t, c, must(t, "root")(roster.Enrol(c.State(0), id("phone"), device("laptop"))), 0)
	add(t, c, must(t, "root")(roster.SetRecovery(c.State(0), id("phone"), guardians)), 0)
	return c
}

// names returns which of some devices count, by name.
func names(s *roster.State) (list []string) {
	for _, name := range []string{"phone", "laptop", "tablet", "thief", "thief 2", "new", "new 2", "desk"} {
		if _, err := s.Device(id(name)); err == nil {
			list = append(list, name)
		}
	}
	return list
}

func wantNames(t testing.TB, what string, s *roster.State, contested bool, want ...string) {
	t.Helper()
	if got := names(s); s.Contested != contested || !slices.Equal(got, want) || len(s.Devices) != len(want) {
		t.Errorf("%s: contested %v, %v of %d devices count, want %v, %v", what, s.Contested, got, len(s.Devices), contested, want)
	}
}

func share(t testing.TB, s *roster.State, name string) uint32 {
	t.Helper()
	d, err := s.Device(id(name))
	if err != nil {
		t.Fatal(err)
	}
	return d.Share
}

// sameState returns how what callers see of two states differs.
func sameState(a, b *roster.State) string {
	same := func(a, b *roster.State) bool {
		return a.Authority == b.Authority && slices.Equal(a.Heads, b.Heads) && a.Number == b.Number && a.Contested == b.Contested &&
			a.Root == b.Root && a.Recovery == b.Recovery && slices.Equal(a.Devices, b.Devices) && slices.Equal(a.Waiting, b.Waiting) &&
			slices.Equal(a.Missing, b.Missing)
	}
	if same(a, b) && cmp.Equal(a.Pending, b.Pending) {
		return ""
	}
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(roster.State{}), cmpopts.EquateEmpty())
}
