package keyring_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/roster/phrase"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// run gives story a task of a simulation.
func run(t testing.TB, story func(tc task.Context, e world.Entropy)) {
	t.Helper()
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		story(tc, sim.Entropy("keys"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, kind aura.Kind) {
	t.Helper()
	if aura.KindOf(err) != kind {
		t.Errorf("%s: got %v, want kind %q", what, err, kind)
	}
}

func protectors(dir string) map[string]keyring.Protector {
	return map[string]keyring.Protector{
		"key file":   keyring.KeyFile(filepath.Join(dir, "secrets", "aura.key")),
		"passphrase": keyring.Passphrase([]byte("correct horse battery staple")),
	}
}

func TestWhatWasCreatedOpens(t *testing.T) {
	for name, p := range protectors(t.TempDir()) {
		t.Run(name, func(t *testing.T) {
			run(t, func(tc task.Context, e world.Entropy) {
				dir := filepath.Join(t.TempDir(), "home")
				if keyring.Exists(dir) {
					t.Error("an absent folder holds a keyring")
				}
				made, err := keyring.Create(tc, dir, p, e)
				if err != nil {
					t.Fatal(err)
				}
				opened, err := keyring.Open(tc, dir, p)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(made.Certificate(), opened.Certificate()); diff != "" {
					t.Errorf("certificate (-made +opened):\n%s", diff)
				}
				if made.StoreKey() != opened.StoreKey() || made.LinkSeed() != opened.LinkSeed() ||
					made.Sign([]byte("m")) != opened.Sign([]byte("m")) {
					t.Error("the opened keys differ from the created")
				}
				_, err = keyring.Create(tc, dir, p, e)
				wantKind(t, "second create", err, aura.Conflict)
				info, err := os.Stat(filepath.Join(dir, "keyring"))
				if err != nil {
					t.Fatal(err)
				}
				if got := info.Mode().Perm(); got != 0o600 {
					t.Errorf("mode %o, want 600", got)
				}
			})
		})
	}
}

func TestTheCertificateHolds(t *testing.T) {
	run(t, func(_ task.Context, e world.Entropy) {
		r := keyring.Ephemeral(e)
		c := r.Certificate()
		if err := c.Verify(); err != nil {
			t.Error(err)
		}
		signature := r.Sign([]byte("message"))
		if !ed25519.Verify(c.Signing[:], []byte("message"), signature[:]) {
			t.Error("a signature does not verify under the certificate's key")
		}
		_, public := r.Agreement()
		seed := r.LinkSeed()
		link := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
		if public != c.Agreement || [32]byte(link) != c.Link {
			t.Error("the certificate names other keys than the ring has")
		}
		if r.Authority() != c.Authority() || r.Device() != c.Device() {
			t.Error("the ring and its certificate name different identities")
		}
	})
}

func TestTheSameEntropyGivesTheSameKeys(t *testing.T) {
	var got [2]aura.AuthorityID
	for i := range got {
		run(t, func(_ task.Context, e world.Entropy) { got[i] = keyring.Ephemeral(e).Authority() })
	}
	if got[0] != got[1] {
		t.Errorf("authorities %v and %v", got[0], got[1])
	}
}

// TestAKeyringWithoutAPhraseOpens opens a file that the build before phrases wrote: the seed of its root key is its phrase.
func TestAKeyringWithoutAPhraseOpens(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"keyring", "aura.key"} {
		content, err := os.ReadFile(filepath.Join("testdata", "seed", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, func(tc task.Context, _ world.Entropy) {
		r, err := keyring.Open(tc, dir, keyring.KeyFile(filepath.Join(dir, "aura.key")))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Authority().String(); got != "auth_tkn2vhd5l6bpabf3smnouuew2jw5vgufzcpgvoik2kw2zlsjodoq" {
			t.Errorf("authority %s", got)
		}
		if got := r.Device().String(); got != "dev_6hjduicaviqbvh56itmbmzi7cje6cilnxshwse6avmtglemex2la" {
			t.Errorf("device %s", got)
		}
		if key := r.StoreKey(); hex.EncodeToString(key[:8]) != "e02cdc2e3c1c5f13" {
			t.Errorf("the store key begins with %x", key[:8])
		}
		wantPhrase(t, r, 24)
	})
}

func TestTheWordsHoldTheRootKey(t *testing.T) {
	run(t, func(tc task.Context, e world.Entropy) {
		dir := filepath.Join(t.TempDir(), "home")
		p := keyring.KeyFile(filepath.Join(dir, "aura.key"))
		made, err := keyring.Create(tc, dir, p, e)
		if err != nil {
			t.Fatal(err)
		}
		wantPhrase(t, made, 12)
		opened, err := keyring.Open(tc, dir, p)
		if err != nil {
			t.Fatal(err)
		}
		wantPhrase(t, opened, 12)
		if diff := cmp.Diff(words(t, made), words(t, opened)); diff != "" {
			t.Errorf("words (-made +opened):\n%s", diff)
		}
	})
}

func words(t *testing.T, r *keyring.Ring) []string {
	t.Helper()
	all, err := r.Phrase()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantPhrase checks that n words give the root key which signed the ring's certificate.
func wantPhrase(t *testing.T, r *keyring.Ring, n int) {
	t.Helper()
	all := words(t, r)
	entropy, err := phrase.Parse(strings.Join(all, " "))
	if err != nil || len(all) != n {
		t.Fatalf("%d words, %v, want %d", len(all), err, n)
	}
	seed, err := phrase.RootSeed(entropy)
	if err != nil {
		t.Fatal(err)
	}
	root := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	if c := r.Certificate(); [32]byte(root) != c.Root {
		t.Error("the words give another root key")
	}
}

func TestTheWrongSecretIsDenied(t *testing.T) {
	run(t, func(tc task.Context, e world.Entropy) {
		dir := filepath.Join(t.TempDir(), "home")
		byFile, byPhrase := filepath.Join(dir, "f"), filepath.Join(dir, "p")
		right, other := keyring.KeyFile(filepath.Join(dir, "a.key")), keyring.KeyFile(filepath.Join(dir, "b.key"))
		for _, c := range []struct {
			dir string
			p   keyring.Protector
		}{{byFile, right}, {byPhrase, keyring.Passphrase([]byte("right"))}, {filepath.Join(dir, "x"), other}} {
			if _, err := keyring.Create(tc, c.dir, c.p, e); err != nil {
				t.Fatal(err)
			}
		}
		_, err := keyring.Open(tc, byFile, other)
		wantKind(t, "another key file", err, aura.Denied)
		_, err = keyring.Open(tc, byPhrase, keyring.Passphrase([]byte("wrong")))
		wantKind(t, "wrong passphrase", err, aura.Denied)
		if got := aura.Reason(err); got != "wrong passphrase" {
			t.Errorf("reason %q", got)
		}
		_, err = keyring.Open(tc, byPhrase, right)
		wantKind(t, "another kind of protector", err, aura.Invalid)
		_, err = keyring.Open(tc, byFile, keyring.KeyFile(filepath.Join(dir, "absent.key")))
		wantKind(t, "absent key file", err, aura.NotFound)
		_, err = keyring.Open(tc, filepath.Join(dir, "nowhere"), right)
		wantKind(t, "absent keyring", err, aura.NotFound)
		_, err = keyring.Create(tc, filepath.Join(dir, "e"), keyring.Passphrase(nil), e)
		wantKind(t, "empty passphrase", err, aura.Invalid)
		if keyring.Exists(filepath.Join(dir, "e")) {
			t.Error("a refused creation left a keyring")
		}
	})
}

func TestAKeyFileThatOthersCanReadIsRefused(t *testing.T) {
	run(t, func(tc task.Context, e world.Entropy) {
		dir := filepath.Join(t.TempDir(), "home")
		path := filepath.Join(dir, "aura.key")
		if _, err := keyring.Create(tc, dir, keyring.KeyFile(path), e); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		_, err := keyring.Open(tc, dir, keyring.KeyFile(path))
		wantKind(t, "open", err, aura.Denied)
		if !strings.Contains(aura.Reason(err), "chmod 600 "+path) {
			t.Errorf("reason %q does not say how to mend it", aura.Reason(err))
		}
	})
}

func TestDamageIsNoticed(t *testing.T) {
	run(t, func(tc task.Context, e world.Entropy) {
		dir := filepath.Join(t.TempDir(), "home")
		p := keyring.KeyFile(filepath.Join(dir, "aura.key"))
		if _, err := keyring.Create(tc, dir, p, e); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "keyring")
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damaged := [][]byte{nil, good[:20], good[:len(good)-1], append(good[:len(good):len(good)], 0), make([]byte, 1<<20)}
		for i := range good {
			b := append([]byte(nil), good...)
			b[i] ^= 0x40
			damaged = append(damaged, b)
		}
		for i, b := range damaged {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := keyring.Open(tc, dir, p)
			if !errors.Is(err, aura.Corrupt) && !errors.Is(err, aura.Denied) && !errors.Is(err, aura.Invalid) {
				t.Errorf("damage %d: got %v", i, err)
			}
		}
	})
}

func TestAKeyFileOpensFast(t *testing.T) {
	run(t, func(tc task.Context, e world.Entropy) {
		dir := filepath.Join(t.TempDir(), "home")
		p := keyring.KeyFile(filepath.Join(dir, "aura.key"))
		if _, err := keyring.Create(tc, dir, p, e); err != nil {
			t.Fatal(err)
		}
		best := time.Hour
		for range 5 {
			start := time.Now()
			if _, err := keyring.Open(tc, dir, p); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		if best > 5*time.Millisecond {
			t.Errorf("open took %v", best)
		}
	})
}

func TestPrintingShowsNoKey(t *testing.T) {
	run(t, func(_ task.Context, e world.Entropy) {
		r := keyring.Ephemeral(e)
		want := fmt.Sprintf("keyring(%s)", aura.Short(r.Device()))
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			if got := fmt.Sprintf(verb, r); got != want {
				t.Errorf("%s: %q", verb, got)
			}
		}
		r.Wipe()
		if r.StoreKey() != [32]byte{} || r.LinkSeed() != [32]byte{} {
			t.Error("keys are left after Wipe")
		}
	})
}

func TestKeysThatOthersCanReachAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	dir := filepath.Join(t.TempDir(), "keyring")
	p := keyring.KeyFile(filepath.Join(t.TempDir(), "key"))
	run(t, func(tc task.Context, e world.Entropy) {
		if _, err := keyring.Create(tc, dir, p, e); err != nil {
			t.Fatal(err)
		}
		open := filepath.Join(t.TempDir(), "open")
		if err := os.Mkdir(open, 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := keyring.Create(tc, open, p, e)
		wantKind(t, "a folder that others can enter", err, aura.Denied)
		for path, modes := range map[string][2]os.FileMode{dir: {0o755, 0o700}, filepath.Join(dir, "keyring"): {0o640, 0o600}} {
			if err := os.Chmod(path, modes[0]); err != nil {
				t.Fatal(err)
			}
			if _, err := keyring.Open(tc, dir, p); !errors.Is(err, aura.Denied) || !strings.Contains(err.Error(), "chmod") {
				t.Errorf("%s with mode %o: %v", path, modes[0], err)
			}
			if err := os.Chmod(path, modes[1]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := keyring.Open(tc, dir, p); err != nil {
			t.Error(err)
		}
	})
}

func TestWeakPassphrasesAreRefused(t *testing.T) {
	for text, strong := range map[string]bool{
		"": false, "ab": false, "hunter2": false, "aaaaaaaaaaaaaaaa": false, "abababababab": false, "AaBbCcAaBbCc": false,
		"correct horse battery": true, "ünïcödé wörds": true, "\xff\xfe\x00\x01": true,
	} {
		if err := keyring.CheckPassphrase([]byte(text)); (err == nil) != strong {
			t.Errorf("%q: %v", text, err)
		}
	}
}
