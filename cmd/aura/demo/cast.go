package demo

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// actor is one participant of the demonstration: a whole agent with its own home, journal and libp2p host,
// and a frontend in front of it.
type actor struct {
	name    string // "Ada"
	home    string
	version string // of the build
	road    *road
	agent   *agent.Agent
	core    *app.Model
	front   *task.Handle // of core
}

// who returns the actor's name as lines show it.
func (a *actor) who() string { return strings.ToLower(a.name) }

// key returns what protects the actor's keys.
func (a *actor) key() keyring.Protector { return keyring.KeyFile(filepath.Join(a.home, "key")) }

// found creates the actor's account in a folder of its own.
func (a *actor) found(tc task.Context) error {
	ring, err := agent.CreateHome(tc, a.home, a.name, a.key())
	if err == nil {
		a.road.names[ring.Authority()] = a.name
	}
	return err
}

// loopback returns the addresses of this machine alone, at free ports, for QUIC and TCP.
func loopback() []string { return []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"} }

// rise starts the actor's agent, and a frontend that follows it.
func (a *actor) rise(tc task.Context, group *task.Group) error {
	hands, err := agent.OpenHome(tc, a.home, a.key(), agent.HomeOptions{Listen: loopback(), Private: true})
	if err != nil {
		return err
	}
	running, err := agent.New(tc, group, hands, agent.Options{Version: a.version, Trace: a.road.trace(a.who())})
	if err != nil {
		return err
	}
	a.agent = running
	if err := running.Start(tc); err != nil {
		return err
	}
	core, err := app.New(tc, running, world.Random(), app.Options{})
	if err != nil {
		return err
	}
	if a.core, err = core.Model(); err != nil {
		return err
	}
	a.front = task.Supervise(group, a.core)
	return a.front.Start(tc)
}

// rest ends the frontend and then the agent, if they run.
func (a *actor) rest(tc task.Context) error {
	const grace = 2 * time.Second
	var errs []error
	if a.front != nil {
		errs = append(errs, a.front.Join(tc, grace), a.front.Close(tc, grace))
	}
	if a.agent != nil {
		errs = append(errs, a.agent.Stop(tc))
	}
	return errors.Join(errs...)
}

// conversation waits until the actor's frontend shows a contact or group of that name, and returns it.
func (a *actor) conversation(tc task.Context, name string) (app.Ref, error) {
	_, err := await(tc, a.core, app.Chats, func(all []chat.Thread) bool {
		for i := range all {
			if all[i].Name == name {
				return true
			}
		}
		return false
	})
	if err != nil {
		return app.Ref{}, err
	}
	return a.core.Resolve(tc, name)
}

// sees waits until the actor's frontend shows a message of a conversation so that ok accepts it.
func (a *actor) sees(tc task.Context, in app.Ref, id aura.FactID, ok func(*chat.Message) bool) (chat.Message, error) {
	signal, err := a.core.Conversation(tc, in, 0)
	if err != nil {
		return chat.Message{}, err
	}
	var found chat.Message
	_, err = await(tc, a.core, signal, func(c app.Conversation) bool {
		for i := range c.Messages {
			if c.Messages[i].ID == id && ok(&c.Messages[i]) {
				found = c.Messages[i]
				return true
			}
		}
		return false
	})
	return found, err
}

// await follows a signal until a value is accepted, and returns it.
func await[T any](tc task.Context, core *app.Model, signal reactive.Signal[T], ok func(T) bool) (T, error) {
	var zero T
	sub, err := reactive.Subscribe(core.Hub(), signal, 0)
	if err != nil {
		return zero, err
	}
	defer sub.Close()
	for {
		snap, err := sub.Next(tc)
		if err != nil {
			return zero, err
		}
		if ok(snap.Value) {
			return snap.Value, nil
		}
	}
}
