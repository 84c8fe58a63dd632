package keyring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/internal/formats"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// TestADeviceWithoutTheRootKey: it keeps its certificate, which it could not sign again, and signs for itself alone.
func TestADeviceWithoutTheRootKey(t *testing.T) {
	root := Ephemeral(&formats.Entropy{})
	for _, place := range []roster.RootPlace{roster.RootPlacePhrase, roster.RootPlaceGuardians} {
		made := root.Sibling(&formats.Entropy{}, place)
		opened, err := stored(t, &made.secrets)
		if err != nil {
			t.Fatal(err)
		}
		if opened.RootPlace() != place || root.RootPlace() != roster.RootPlaceHere {
			t.Errorf("the root key is %v, and %v", opened.RootPlace(), root.RootPlace())
		}
		c := opened.Certificate()
		if diff := cmp.Diff(made.Certificate(), c); diff != "" || c.Verify() != nil || opened.Authority() != root.Authority() {
			t.Errorf("certificate (-made +opened), %v:\n%s", c.Verify(), diff)
		}
		if _, err := opened.Root(); aura.KindOf(err) != aura.Denied || !strings.Contains(err.Error(), place.Explain()) {
			t.Errorf("sign with the root key: %v", err)
		}
		if _, err := opened.Phrase(); aura.KindOf(err) != aura.Denied {
			t.Errorf("the words: %v", err)
		}
	}
}

func TestAKeyringVouchedForByAnotherKeyIsRefused(t *testing.T) {
	s := Ephemeral(&formats.Entropy{}).Sibling(&formats.Entropy{}, roster.RootPlacePhrase).secrets
	foreign := s
	foreign.away.root[0] ^= 1
	unknown := s
	unknown.away.place = 9
	for name, c := range map[string]struct {
		s    secrets
		kind aura.Kind
	}{"another root key": {foreign, aura.Corrupt}, "a place that is not known": {unknown, aura.Invalid}} {
		if _, err := stored(t, &c.s); aura.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// stored writes secrets to a file and opens it.
func stored(t *testing.T, s *secrets) (r *Ring, err error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := Passphrase([]byte("correct horse battery"))
	content, err := encode(s, p, &formats.Entropy{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, fileName), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if failed := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
		r, err = Open(tc, dir, p)
		return nil
	}); failed != nil {
		t.Fatal(failed)
	}
	return r, err
}
