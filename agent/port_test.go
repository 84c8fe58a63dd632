package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestAgentIsFoundWhereItWas: port 0 is the same port at every start, and another one when it is taken.
func TestAgentIsFoundWhereItWas(t *testing.T) {
	dir := t.TempDir()
	key := keyring.KeyFile(dir + "/key")
	gate := agent.Gate{Contacts: func(transport.PeerID) bool { return false }, Strangers: func() bool { return false }}
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		if _, err := agent.CreateHome(tc, dir+"/home", "Ada", key); err != nil {
			return err
		}
		hands, err := agent.OpenHome(tc, dir+"/home", key, agent.HomeOptions{Listen: []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}, Private: true})
		if err != nil {
			return err
		}
		listen := func() transport.Network {
			n, err := hands.Network(gate)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		first := listen()
		where := first.Addresses()
		beside := listen()
		if cmp.Equal(where, beside.Addresses()) {
			t.Errorf("two networks listen on %v", where)
		}
		for _, n := range []transport.Network{first, beside} {
			if err := n.Close(tc); err != nil {
				return err
			}
		}
		again := listen()
		if diff := cmp.Diff(where, again.Addresses()); diff != "" {
			t.Errorf("after a restart: %s", diff)
		}
		if err := again.Close(tc); err != nil {
			return err
		}
		closing, done := tc.Grace("close", time.Minute)
		defer done()
		return hands.Store.Close(closing)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNowhereToListenIsSaid: an address that this machine does not have is refused, and all that was opened
// before is closed again.
func TestNowhereToListenIsSaid(t *testing.T) {
	dir := t.TempDir()
	key := keyring.KeyFile(dir + "/key")
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		if _, err := agent.CreateHome(tc, dir+"/home", "Ada", key); err != nil {
			return err
		}
		for range 2 {
			hands, err := agent.OpenHome(tc, dir+"/home", key, agent.HomeOptions{Listen: []string{"/ip4/198.51.100.7/tcp/4001"}})
			if err != nil {
				return err
			}
			if _, err := agent.New(tc, task.NewGroup(tc, "agent"), hands, agent.Options{}); !errors.Is(err, aura.Unavailable) {
				t.Errorf("got %v, want unavailable", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
