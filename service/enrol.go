package service

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// The choreography of an enrolment, by the names of package protocols.
const (
	EnrolmentID = "aura.invitation.device_enrolment"
	RoleSponsor = choreo.Role("Sponsor")
	RoleDevice  = choreo.Role("Device")
)

// Sponsor makes the lines by which new devices join the account, and plays the sponsor of those that do.
type Sponsor struct {
	*Module
	sessions *session.Engine
	// list makes the entry of the roster that lists a device, signs it with the root key, and has commit make it durable, with those
	// before it that are not durable yet. No other entry is made meanwhile.
	list func(tc task.Context, d roster.Device, commit func(task.Context, []roster.Entry) error) error
}

// NewSponsor returns the service of the set's module of enrolments. It returns the errors of [NewModule].
func NewSponsor(
	e *Env, sessions *session.Engine, list func(task.Context, roster.Device, func(task.Context, []roster.Entry) error) error,
) (*Sponsor, error) {
	_, m, ok := e.Modules.Left(enrol.KindOffered)
	if !ok {
		return nil, aura.Errorf("service.NewSponsor", aura.NotFound, "no module has enrolments")
	}
	s := &Sponsor{sessions: sessions, list: list}
	var err error
	s.Module, err = NewModule(e, m, Hosts{enrol.IntentOffer: func(IntentFunc) IntentFunc { return s.offer }})
	return s, err
}

// Play makes the program of the sponsor known.
func (s *Sponsor) Play(r *session.Registry) error { return r.Play(EnrolmentID, RoleSponsor, s.sponsor) }

// Declaration implements [task.Service].
func (s *Sponsor) Declaration() task.Declaration {
	d := s.Module.Declaration()
	d.Owns = append(d.Owns, task.Locked("service.Joiner")...)
	d.Events = append(d.Events, world.FamilyIngress)
	return d
}

// offer makes a line. A device that could list none afterwards makes none.
func (s *Sponsor) offer(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p enrol.OfferIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	if _, err := s.env.Ring.Root(); err != nil {
		return fact.Result{}, err
	}
	if err := s.mayList(tc, nil); err != nil {
		return fact.Result{}, err
	}
	var secret [16]byte
	s.env.Entropy.Read(secret[:])
	code, err := enrol.New(s.env.Ring.Certificate(), secret, s.env.Addresses(), p.Life, tc.Now())
	if err != nil {
		return fact.Result{}, err
	}
	r, err := s.env.plan(tc, func(d *directory.State) (guard.Request, error) {
		return enrol.Create(d.Enrolments, s.env.Caller(tc, in.Operation), code)
	})
	return answered(in, r, err, enrol.OfferResult{ID: code.ID(), Code: code.Encode(), Expires: code.Expires})
}

// says returns what the account's entries say.
func (s *Sponsor) says(tc task.Context) (says *roster.State) {
	now := tc.Now().At
	s.env.Directory.Read(func(d *directory.State) {
		says = d.Devices.Chain(s.env.Ring.Authority(), s.env.Ring.Certificate(), now).State(now)
	})
	return says
}

// mayList returns why the account could not list one more device; nil: any.
func (s *Sponsor) mayList(tc task.Context, d *roster.Device) error {
	const op = "service.mayList"
	says := s.says(tc)
	switch {
	case says.Contested:
		return aura.Errorf(op, aura.Conflict, "the entries of this account contradict each other: end that first, see aura doctor")
	case len(says.Devices) >= roster.MaxDevices:
		return aura.Errorf(op, aura.Exhausted, "%d devices are listed, the most is %d: remove one first with aura device remove", len(says.Devices), roster.MaxDevices)
	}
	if d == nil {
		return nil
	}
	for i := range says.Devices {
		for _, key := range [][32]byte{d.Signing, d.Agreement, d.Link} {
			if o := &says.Devices[i]; key == o.Signing || key == o.Agreement || key == o.Link {
				return aura.Errorf(op, aura.Conflict, "the account lists a device with a key of the new one already: begin with an empty home")
			}
		}
	}
	return nil
}

// Offers reports whether a context stands for a line of this device.
func (s *Sponsor) Offers(context aura.ContextID) bool {
	known := false
	s.env.Directory.Read(func(d *directory.State) { _, known = d.Enrolments.Enrolment(enrol.ID(context), aura.Physical{}) })
	return known
}

// Stranger answers a channel that opened with a line of this device, and closes it.
func (s *Sponsor) Stranger(tc task.Context, c *transport.Channel) {
	defer c.Close(tc)
	id, link := enrol.ID(c.Context()), c.Peer()
	talk := session.ChannelOptions{Context: c.Context(), Only: enrol.SessionOf(id, c.RemoteStatic())}
	talk.Admit = func(_ task.Context, from session.Party, _ aura.ContextID, g *session.Greeting) (session.Opening, error) {
		if g.Protocol != EnrolmentID || from.Role != RoleDevice {
			return session.Opening{}, aura.Errorf("service.Sponsor", aura.Denied, "the channel of a new device opened with another session")
		}
		return session.Opening{Role: RoleSponsor, Persistent: true, Argument: link[:], Budget: enrol.Patience}, nil
	}
	frames := &carrier{decider: s.env.Decider, channel: c, greeting: egress.KindEnrolReply}
	if err := s.sessions.Speak(tc, talk, frames); err != nil {
		tc.Emit(world.IngressRejected(s.Name(), "enrolment of a device", err))
	}
}

// greetBudget bounds how long a device that found the sponsor takes to show its keys.
const greetBudget = time.Minute

// code returns the code of an enrolment, as the metadata keeps it.
func (s *Sponsor) code(id enrol.ID) (enrol.Code, error) {
	value, err := s.env.Journal.Meta(enrol.CodeKey(id))
	if err != nil {
		return enrol.Code{}, err
	}
	if value == nil {
		return enrol.Code{}, aura.Errorf("service.Sponsor", aura.NotFound, "the line expired, or serves no more: make a new one with aura device add")
	}
	return enrol.Parse(string(value))
}

// introduction returns the secret of the context in which the account's devices meet, which is made with the first enrolment.
func (s *Sponsor) introduction() (secret [32]byte, err error) {
	value, err := s.env.Journal.Meta(ownSecretKey(s.env.Ring.Authority()))
	if err != nil || len(value) == len(secret) {
		copy(secret[:], value)
		return secret, err
	}
	s.env.Entropy.Read(secret[:])
	return secret, nil
}

// meeting returns the metadata by which this device and a new one meet.
func (s *Sponsor) meeting(secret [32]byte, d *roster.Device, at []string) ([]guard.Meta, error) {
	where, err := fact.Marshal(at)
	return []guard.Meta{
		{Key: ownSecretKey(s.env.Ring.Authority()), Value: secret[:]}, {Key: device.AddressesKey(d.ID()), Value: where},
	}, err
}
