package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// The folders of a home.
const (
	keyringFolder = "keyring"
	journalFolder = "journal"
)

// HomeOptions says how the agent of a home meets the network.
type HomeOptions struct {
	// Listen is where to listen, as multiaddr text. Port 0 is a port of the agent's choice, the same one at
	// every start while it is free. Default: nowhere.
	Listen []string
	// Private says that the addresses are for this machine alone.
	Private bool
	// Newest returns how far this machine has seen the journal of a device come, and false when it does not know. Default:
	// it does not know.
	Newest func(aura.DeviceID) (journal.Mark, bool)
	// Older opens also a home that is behind Newest.
	Older bool
}

// StaleError says that a home is older than what its machine last ran, or has gone another way. Its kind is
// [aura.Stale].
type StaleError struct {
	Home         string
	Here, Newest journal.Mark
}

// Error says how far both are.
func (e *StaleError) Error() string {
	here := fmt.Sprintf("%s holds %d facts of this device, and %d were written", e.Home, e.Here.Facts, e.Newest.Facts)
	if e.Here.Facts == e.Newest.Facts {
		here = fmt.Sprintf("%s holds %d facts of this device that are not those which were written", e.Home, e.Here.Facts)
	}
	return "this home is older than what this machine last ran: " + here
}

// FindHome looks for an account in a folder. It returns [aura.NotFound] when there is none, [aura.Invalid] when there is a
// file in place of the folder, and [aura.Corrupt] when there is a journal without the keyring that opens it, which a new
// account must not take the place of.
func FindHome(dir string) error {
	const op = "agent.FindHome"
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return aura.Errorf(op, aura.Invalid, "%s is a file, and an account is a folder: name another place with --home", dir)
	}
	ring := filepath.Join(dir, keyringFolder)
	if keyring.Exists(ring) {
		return nil
	}
	if entries, err := os.ReadDir(filepath.Join(dir, journalFolder)); err == nil && len(entries) > 0 {
		return aura.Errorf(op, aura.Corrupt, "the account in %s has lost its keyring: put %s back as aura init wrote it",
			dir, filepath.Join(ring, "keyring"))
	}
	return aura.Errorf(op, aura.NotFound, "there is no account in %s", dir)
}

// CreateHome founds a new authority in a folder, which it makes if there is none, for an agent with modules. It returns
// [aura.Conflict] for a folder that holds an account already.
func CreateHome(tc task.Context, dir, name string, p keyring.Protector, modules ...domain.Module) (*keyring.Ring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, aura.Errorf("agent.CreateHome", aura.Unavailable, "folder %s: %w", dir, err)
	}
	if err := CheckHome(dir); err != nil {
		return nil, err
	}
	ring, err := keyring.Create(tc, filepath.Join(dir, keyringFolder), p, world.Random())
	if err != nil {
		return nil, err
	}
	store, err := journal.OpenPebble(filepath.Join(dir, journalFolder), journal.PebbleOptions{})
	if err != nil {
		return nil, err
	}
	if err := Found(tc, Hands{Ring: ring, Store: store, Entropy: world.Random()}, name, modules); err != nil {
		return ring, err
	}
	return ring, writeFormat(dir)
}

// CreateJoining makes the keys of a device that is to join the account of a code, in a folder, which it makes if there is none. It
// returns [aura.Conflict] for a folder that holds keys already. [JoinHome] lets the device join.
func CreateJoining(tc task.Context, dir string, code enrol.Code, p keyring.Protector) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return aura.Errorf("agent.CreateJoining", aura.Unavailable, "folder %s: %w", dir, err)
	}
	if err := CheckHome(dir); err != nil {
		return err
	}
	ring, err := keyring.CreateDevice(tc, filepath.Join(dir, keyringFolder), p, world.Random(), code.Root)
	if err == nil {
		ring.Wipe()
	}
	return err
}

// JoinHome lets the device of a folder that [CreateJoining] made join the account of a code, and makes the folder its home. It goes on
// where an earlier call was interrupted. It returns the errors of [Join].
func JoinHome(tc task.Context, dir string, code enrol.Code, p keyring.Protector, o JoinerOptions) (fact.Certificate, error) {
	if err := CheckHome(dir); err != nil {
		return fact.Certificate{}, err
	}
	keys := filepath.Join(dir, keyringFolder)
	ring, err := keyring.Open(tc, keys, p)
	if err != nil {
		return fact.Certificate{}, err
	}
	defer ring.Wipe()
	store, err := journal.OpenPebble(filepath.Join(dir, journalFolder), journal.PebbleOptions{})
	if err != nil {
		return fact.Certificate{}, err
	}
	cert, err := Join(tc, Hands{Ring: ring, Store: store, Entropy: world.Random(), Network: func(g Gate) (transport.Network, error) {
		n, err := transport.OpenLibp2p(ring.LinkSeed(), transport.Libp2pOptions{Contacts: g.Contacts, Strangers: g.Strangers})
		if err != nil {
			return nil, err // an interface around no network would not be nil
		}
		return n, nil
	}}, code, o)
	if err != nil {
		return cert, err
	}
	if err := writeFormat(dir); err != nil {
		return cert, err
	}
	return cert, keyring.Join(tc, keys, p, world.Random(), ring, cert)
}

// OpenHome returns the hands of an account: its keys, its journal on disk and a libp2p network. It brings a
// home of an older format to the present one. It returns [aura.NotFound] for a folder without an account,
// [aura.Invalid] for a home of a newer format, [aura.Denied] for a wrong key and [aura.Conflict] while another
// process has the journal. It returns a [StaleError] for a home that is older than what the options know, before it
// writes anything.
func OpenHome(tc task.Context, dir string, p keyring.Protector, o HomeOptions) (Hands, error) {
	if err := CheckHome(dir); err != nil {
		return Hands{}, err
	}
	if _, err := HomeFormat(dir); err != nil {
		return Hands{}, err
	}
	ring, err := keyring.Open(tc, filepath.Join(dir, keyringFolder), p)
	if err != nil {
		return Hands{}, err
	}
	if ring.Joining() {
		ring.Wipe()
		return Hands{}, aura.Errorf("agent.OpenHome", aura.Unavailable,
			"the device in %s has not joined its account yet: go on with aura init --join LINE", dir)
	}
	if err := checkAge(tc, dir, ring, o); err != nil {
		ring.Wipe()
		return Hands{}, err
	}
	store, err := journal.OpenPebble(filepath.Join(dir, journalFolder), journal.PebbleOptions{})
	if err != nil {
		return Hands{}, err
	}
	if err := migrate(dir); err != nil {
		return Hands{}, errors.Join(err, store.Close(tc))
	}
	return Hands{Ring: ring, Store: store, Entropy: world.Random(), Network: func(g Gate) (transport.Network, error) {
		n, err := openNetwork(tc, ring, g, o)
		if err != nil {
			return nil, err // an interface around no network would not be nil
		}
		return n, nil
	}}, nil
}

// checkAge returns a [StaleError] for a home that is behind what the options know of its device. It reads the journal
// without a change to its files. A journal that cannot be read is for the opening to tell.
func checkAge(tc task.Context, dir string, ring *keyring.Ring, o HomeOptions) error {
	if o.Newest == nil || o.Older {
		return nil
	}
	newest, known := o.Newest(ring.Device())
	if !known {
		return nil
	}
	j, err := openToRead(tc, dir, ring, nil)
	if err != nil {
		return nil
	}
	here := j.Mark()
	if err := j.Close(tc); err != nil {
		return err
	}
	if here.Behind(newest) {
		return &aura.Error{Op: "agent.OpenHome", Kind: aura.Stale, Err: &StaleError{dir, here, newest}}
	}
	return nil
}

// CheckHome returns [aura.Denied] for a folder in which other users of the machine can put another account's
// keys in the place of these.
func CheckHome(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o022 == 0 {
		return nil // a folder that is not there holds no account
	}
	return aura.Errorf("agent.CheckHome", aura.Denied, "others can write into the folder %s; run: chmod go-w %s", dir, dir)
}

// openNetwork listens at the agent's first choice of ports that is free.
func openNetwork(tc task.Context, ring *keyring.Ring, g Gate, o HomeOptions) (network *transport.Libp2p, err error) {
	for _, listen := range choices(o.Listen, ring.Certificate().Link) {
		network, err = transport.OpenLibp2p(ring.LinkSeed(), transport.Libp2pOptions{
			Listen: listen, Private: o.Private, Contacts: g.Contacts, Strangers: g.Strangers,
		})
		if err == nil && !everywhere(network, listen) {
			err = aura.Errorf("agent.OpenHome", aura.Unavailable, "a port is in use")
			if closing := network.Close(tc); closing != nil {
				return nil, closing
			}
		}
		if aura.KindOf(err) != aura.Unavailable {
			break
		}
	}
	return network, err
}

// everywhere reports whether a network listens with every transport that was asked for: it starts when any
// of them does.
func everywhere(n transport.Network, listen []string) bool {
	for _, protocol := range []string{"/tcp/", "/udp/"} {
		has := func(text string) bool { return strings.Contains(text, protocol) }
		if slices.ContainsFunc(listen, has) && !slices.ContainsFunc(n.Addresses(), func(a transport.Address) bool { return has(string(a)) }) {
			return false
		}
	}
	return true
}
