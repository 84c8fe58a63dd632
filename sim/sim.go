package sim

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/task"
)

// The bounds of a world.
const (
	MinAgents  = 2
	MaxAgents  = 128
	MaxMinutes = 24 * 60
	MaxDevices = 4
	// MaxSessions keeps a device's ends below those that its agent forgets.
	MaxSessions = 200
)

// Options describes a world. The zero value of every field but Seed has a default.
type Options struct {
	Seed    uint64
	Agents  int  // default 3; from [MinAgents] to [MaxAgents]
	Minutes int  // simulated minutes of activity; default 1, at most [MaxMinutes]
	Faults  bool // let every kind of [Troubles] happen, except those of copies
	// Copies lets homes be copied at any instant and started beside the original, and be restored from earlier copies.
	// No person moves to another network or is away for weeks then.
	Copies bool
	// Devices is how many devices an account has at most: above 1 people enrol and remove devices while the world lives.
	// Default 1, at most [MaxDevices].
	Devices int
	// Sessions is how many sessions each device begins at most, of protocols of two and of several. It goes not with Copies: two
	// homes of one device would play a role twice. Default: none, at most [MaxSessions].
	Sessions int
	// Modules are the domains that every agent has beside the usual ones. Their facts come from the scripts and tests of
	// those who wrote them; their views are checked like all others. Default: none.
	Modules []domain.Module
	// Plant names a bug of [Plants] to put into every agent. Default: none.
	Plant string
	// Trace, when set, receives one line for each event of the world.
	Trace io.Writer
	// Slow, when set, is told, from another goroutine, of a step that the host holds up: see
	// [task.SimOptions]. The world learns nothing of it.
	Slow func(task.Slow)
}

// Report counts the events of one world, and lists its violations.
type Report struct {
	Seed       uint64        `json:"seed"`
	Digest     string        `json:"digest"`       // of every step and event, in hexadecimal
	Simulated  aura.Duration `json:"simulated_ns"` // how long the world lived
	Steps      uint64        `json:"steps"`
	Contacts   int           `json:"contacts"`   // pairs of people who know each other
	Groups     int           `json:"groups"`     // founded
	Operations int           `json:"operations"` // actions of users
	Messages   int           `json:"messages"`   // acknowledged to their authors
	Deliveries int           `json:"deliveries"` // of messages, to each recipient
	Facts      int           `json:"facts"`      // in all journals together
	Troubles
	Sessions   Sessions    `json:"sessions"`
	Violations []Violation `json:"violations"`
}

// Violation is something that must never be, see [FactKept] and the other invariants.
type Violation struct {
	At        aura.Duration `json:"at_ns"`           // since the world began
	Agent     string        `json:"agent,omitempty"` // whose, empty: the world's
	Invariant string        `json:"invariant"`
	Text      string        `json:"text"`
}

// String returns the violation on one line.
func (v Violation) String() string {
	who := v.Agent
	if who == "" {
		who = "world"
	}
	return fmt.Sprintf("%v %s: %s: %s", v.At.Truncate(time.Millisecond), who, v.Invariant, v.Text)
}

// Run lives through one world on the calling goroutine. It returns [aura.Invalid] for options out of
// bounds; what goes wrong inside the world is in the report.
func Run(o Options) (Report, error) {
	if err := o.complete(); err != nil {
		return Report{}, err
	}
	w := newSimulation(o)
	return w.run(w.live), nil
}

// run executes the world's root task and returns the report.
func (w *simulation) run(root func(task.Context) error) Report {
	if err := w.sim.Run("world", root); err != nil && !errors.Is(err, aura.Cancelled) {
		w.violate("", WorldEnds, "%v", err)
	}
	r, digest := w.report, w.sim.Digest()
	r.Violations = append([]Violation{}, r.Violations...) // none is [], not null
	r.Seed, r.Digest, r.Steps, r.Simulated = w.options.Seed, hex.EncodeToString(digest[:]), w.sim.Steps(), w.sim.Elapsed()
	return r
}

func (o *Options) complete() error {
	const op = "sim.Run"
	if o.Agents == 0 {
		o.Agents = 3
	}
	if o.Minutes == 0 {
		o.Minutes = 1
	}
	if o.Devices == 0 {
		o.Devices = 1
	}
	switch {
	case o.Devices < 1 || o.Devices > MaxDevices:
		return aura.Errorf(op, aura.Invalid, "%d devices, must be 1 to %d", o.Devices, MaxDevices)
	case o.Sessions < 0 || o.Sessions > MaxSessions:
		return aura.Errorf(op, aura.Invalid, "%d sessions, must be 0 to %d", o.Sessions, MaxSessions)
	case o.Sessions > 0 && o.Copies:
		return aura.Errorf(op, aura.Invalid, "sessions go not with copies")
	case o.Agents < MinAgents || o.Agents > MaxAgents:
		return aura.Errorf(op, aura.Invalid, "%d agents, must be %d to %d", o.Agents, MinAgents, MaxAgents)
	case o.Minutes < 1 || o.Minutes > MaxMinutes:
		return aura.Errorf(op, aura.Invalid, "%d minutes, must be 1 to %d", o.Minutes, MaxMinutes)
	case o.Plant != "" && !slices.Contains(Plants(), o.Plant):
		return aura.Errorf(op, aura.Invalid, "there is no bug %q to plant, only %v", o.Plant, Plants())
	case NeedsCopies(o.Plant) && !o.Copies:
		return aura.Errorf(op, aura.Invalid, "the bug %q needs copies", o.Plant)
	}
	return nil
}
