package service

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// certificateKey is where the metadata of a device keeps the certificate that its sponsor gave it.
const certificateKey = "enrol.certificate"

// Joiner plays the new device of an enrolment, on a journal that no agent uses. All fields but the last two are required.
type Joiner struct {
	Ring      *keyring.Ring
	Journal   *journal.Journal
	Decider   *egress.Decider
	Sessions  *session.Engine
	Channels  egress.Dialer
	Entropy   world.Entropy
	Code      enrol.Code
	Name      string // of the device
	Addresses func() []string
	// Offered is told of the account, and Compare the digits that the person is to compare, by any task. Default: nothing is told.
	Offered func(enrol.Offer)
	Compare func(digits string)

	lock    task.Mutex
	stage   stage
	refused error
}

// stage is how far a new device is.
type stage uint8

const (
	stageAlone   stage = iota // the sponsor is not bound to its keys
	stageClaimed              // it is
	stageJoined               // the device has said that it has joined
	stageRefused              // it does not join
)

// JoinerError says that a device does not join, and that its keys serve no more: begin with others. Its kind is aura.Denied when
// one of the two sides refused, and aura.Timeout when the line expired before the sponsor was found.
type JoinerError struct{ Reason string }

// Error returns the reason.
func (e *JoinerError) Error() string { return e.Reason }

func notJoined(kind aura.Kind, reason string) error {
	return &aura.Error{Op: "service.Joiner", Kind: kind, Err: &JoinerError{reason}}
}

// Play makes the program of the new device known.
func (j *Joiner) Play(r *session.Registry) error { return r.Play(EnrolmentID, RoleDevice, j.device) }

// The pauses between attempts to reach the sponsor: both devices are at hand.
const (
	sponsorBase = 250 * time.Millisecond
	sponsorMost = 5 * time.Second
)

// confirmBudget is how long a device that has joined waits for the sponsor's confirmation. It can begin without.
const confirmBudget = 20 * time.Second

// Run looks for the sponsor and speaks with it until the device has joined, and returns the device's certificate. A run that was
// interrupted goes on in the next one. It returns a [JoinerError], and aura.Conflict for a journal that joins by another line.
func (j *Joiner) Run(tc task.Context) (cert fact.Certificate, err error) {
	if err := j.begin(tc); err != nil {
		return cert, err
	}
	pause := task.Backoff{Base: sponsorBase, Max: sponsorMost, Factor: 2, Jitter: 0.3}
	for confirmed := task.Forever; ; {
		err := j.attempt(tc)
		now, why := j.at()
		lives, _, failed := j.Sessions.Lives(tc, j.session())
		if now == stageJoined {
			confirmed = min(confirmed, tc.Elapsed()+confirmBudget)
		}
		switch {
		case now == stageRefused:
			return cert, why
		case now == stageJoined && failed == nil && (!lives || tc.Elapsed() >= confirmed):
			return j.finish(tc)
		case tc.Err() != nil:
			return cert, tc.Err()
		case now == stageAlone && j.Code.CheckAlive(tc.Now()) != nil:
			return cert, notJoined(aura.Timeout, "the line expired before the other device was found: is its agent up, and do both devices reach each other? ("+
				aura.Reason(err)+")")
		case tc.Now().At > j.Code.Expires.Add(enrol.Patience):
			return cert, notJoined(aura.Timeout, "the other device was away for too long: remove this one there, and begin anew")
		}
		if err := tc.Sleep(pause.Next(j.Entropy)); err != nil {
			return cert, err
		}
	}
}

func (j *Joiner) at() (stage, error) {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.stage, j.refused
}

func (j *Joiner) become(next stage, why error) {
	j.lock.Lock()
	defer j.lock.Unlock()
	if next > j.stage {
		j.stage, j.refused = next, why
	}
}

// begin notes by which line this journal joins, before anything leaves.
func (j *Joiner) begin(tc task.Context) error {
	const op = "service.Joiner"
	value, err := j.Journal.Meta(enrol.JoiningKey)
	if err != nil {
		return err
	}
	// A session that an earlier run left has shown the keys, as far as this one knows yet: they are not given up for an expired line.
	if lives, _, err := j.Sessions.Lives(tc, j.session()); err != nil {
		return err
	} else if lives {
		j.become(stageClaimed, nil)
	}
	said := j.Journal.Count(fact.OwnNamespace(j.Ring.Authority()), j.Ring.Device()) > 0
	switch text := j.Code.Encode(); {
	case value == nil && said:
		j.become(stageJoined, nil) // and only the end of an earlier run is lost
		return nil
	case value == nil:
		_, err := j.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: enrol.JoiningKey, Value: []byte(text)}}})
		return err
	case string(value) != text:
		return aura.Errorf(op, aura.Conflict, "this home joins an account by another line")
	case said:
		j.become(stageJoined, nil)
	}
	return nil
}

// attempt opens the session unless it lives, dials the sponsor, and speaks until the session is over or the channel ends.
func (j *Joiner) attempt(tc task.Context) error {
	name := j.session()
	now, _ := j.at()
	lives, _, err := j.Sessions.Lives(tc, name)
	if err != nil || now == stageJoined && !lives {
		return err
	}
	if !lives {
		err := j.Sessions.Open(tc, session.Opening{
			Name: name, Protocol: EnrolmentID, Role: RoleDevice, Context: aura.ContextID(j.Code.ID()),
			Parties: []session.Party{{Role: RoleSponsor}}, Persistent: true, Budget: enrol.Patience,
		})
		if aura.KindOf(err) == aura.Stale { // it is not begun a second time: the other side may be bound by the first
			how, err := j.ended(tc, name)
			if err != nil {
				return err
			}
			j.become(stageRefused, notJoined(aura.Denied, "the enrolment has ended"+how+": if the other device lists this one, remove it there, and begin anew"))
			return nil
		}
		if err != nil && aura.KindOf(err) != aura.Conflict {
			return err
		}
	}
	if now == stageJoined {
		var done func()
		tc, done = tc.WithBudget("confirm", confirmBudget)
		defer done()
	}
	of := egress.Party{Context: aura.ContextID(j.Code.ID())}
	pass, err := j.Decider.Charge(tc, of, egress.Message{Kind: egress.KindEnrolOpening}, egress.Message{Kind: egress.KindEnrolCall, Bytes: maxGreeting})
	if err != nil {
		return err
	}
	channel, err := egress.Dial(tc, j.Channels, pass, egress.KindEnrolOpening, transport.Target{
		Context: of.Context, PSK: j.Code.PSK(), Static: j.Code.Agreement, Peer: j.Code.Link, Addresses: directory.Addresses(j.Code.Addresses),
	})
	if err != nil {
		return err
	}
	defer channel.Close(tc)
	return j.Sessions.Speak(tc, session.ChannelOptions{Context: of.Context, Only: name}, &carrier{j.Decider, channel, pass, egress.KindEnrolCall})
}

// ended says how the session of the enrolment ended, as far as this side knows.
func (j *Joiner) ended(tc task.Context, name aura.SessionID) (string, error) {
	all, err := j.Sessions.Ends(tc, name)
	if len(all) == 0 {
		return "", err
	}
	return " (" + all[0].End.String() + ")", nil
}

func (j *Joiner) session() aura.SessionID {
	return enrol.SessionOf(j.Code.ID(), j.Ring.Listed().Agreement)
}

// finish forgets the line, and the session if the sponsor did not confirm its last message: the device can begin without.
func (j *Joiner) finish(tc task.Context) (cert fact.Certificate, err error) {
	if err := j.Sessions.End(tc, j.session()); err != nil && aura.KindOf(err) != aura.NotFound {
		return cert, err
	}
	value, err := j.Journal.Meta(certificateKey)
	if err != nil {
		return cert, err
	}
	if cert, err = fact.DecodeCertificate(value); err != nil {
		return cert, err
	}
	_, err = j.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: enrol.JoiningKey}}})
	return cert, err
}
