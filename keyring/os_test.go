package keyring_test

import (
	"errors"
	"path/filepath"
	"testing"

	oskeyring "github.com/zalando/go-keyring"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

func TestTheSystemsKeyringProtects(t *testing.T) {
	oskeyring.MockInit()
	run(t, func(tc task.Context, e world.Entropy) {
		dir, p := filepath.Join(t.TempDir(), "home"), keyring.OSKeyring("aura", "test")
		made, err := keyring.Create(tc, dir, p, e)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := keyring.Open(tc, dir, p)
		if err != nil {
			t.Fatal(err)
		}
		if made.Device() != opened.Device() {
			t.Error("another device was opened")
		}
		_, err = keyring.Open(tc, dir, keyring.OSKeyring("aura", "somebody else"))
		wantKind(t, "another account", err, aura.NotFound)
	})
}

func TestAMissingSystemKeyringSaysWhatToDo(t *testing.T) {
	oskeyring.MockInitWithError(errors.New("no bus"))
	run(t, func(tc task.Context, e world.Entropy) {
		_, err := keyring.Create(tc, filepath.Join(t.TempDir(), "home"), keyring.OSKeyring("aura", "test"), e)
		wantKind(t, "create", err, aura.Unavailable)
	})
}
