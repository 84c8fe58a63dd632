package service

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/protocols/enrolment"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

func ownSecretKey(who aura.AuthorityID) string { return domain.SecretKey(device.OwnContext(who)) }

// sponsor is the program of the device that takes another one into the account. After a restart it runs again from its beginning:
// what it chose then is in the recording or in the facts.
func (s *Sponsor) sponsor(tc task.Context, p *session.Port) error {
	const op = "service.Sponsor"
	id := enrol.ID(p.Session().Context)
	shown, err := p.Within(tc, greetBudget)
	if err != nil {
		return err
	}
	offered, err := s.greet(tc, p)
	if err != nil {
		return err
	}
	m, claimed, err := offered.ReceiveKeys(tc)
	if err != nil {
		return err
	}
	shown()
	var keys enrol.Keys
	if err := fact.Unmarshal(m.Payload, &keys); err != nil {
		return aura.Errorf(op, aura.Corrupt, "the keys of a new device do not decode")
	}
	compared, err := s.claim(tc, p, claimed, id, keys)
	if err != nil || compared == nil {
		return err
	}
	phase := enrol.PhaseConfirmed
	if label, again := p.Sent(); again && label == "Refused" {
		phase = enrol.PhaseEnded
	} else if !again {
		if phase, err = s.answer(tc, id); err != nil {
			return err
		}
	}
	if phase == enrol.PhaseEnded {
		return s.refuse(tc, compared.SendRefused, s.reason(tc, id))
	}
	listed, err := s.admit(tc, p, *compared, id, keys)
	if err != nil || listed == nil {
		return err
	}
	return s.tell(tc, p, *listed, id)
}

// greet sends the offer.
func (s *Sponsor) greet(tc task.Context, p *session.Port) (next enrolment.SponsorS2[task.Context], err error) {
	offer := enrol.Offer{}
	says := s.says(tc)
	offer.Number = says.Number
	if len(says.Heads) > 0 {
		offer.Head = says.Heads[0]
	}
	s.env.Directory.Read(func(d *directory.State) { offer.Name = d.Contacts.Own() })
	b, err := fact.Marshal(offer)
	if err != nil {
		return next, err
	}
	err = s.insist(tc, func(tc task.Context) (err error) {
		next, err = enrolment.StartSponsor[task.Context](p).SendOffer(tc, enrolment.Offer{Payload: b})
		return err
	})
	return next, err
}

// claim binds this device to the keys, or says why not: then it returns nil.
func (s *Sponsor) claim(tc task.Context, p *session.Port, to enrolment.SponsorS3[task.Context], id enrol.ID, keys enrol.Keys) (*enrolment.SponsorS4[task.Context], error) {
	label, again := p.Sent()
	code, why := enrol.Code{}, error(nil)
	if !again {
		why = s.awaitDisk(tc, func(tc task.Context) (err error) {
			code, err = s.mayClaim(tc, p, id, &keys)
			return err
		})
	}
	if label == "Refused" { // before a restart, with the reason of then
		return nil, s.refuse(tc, to.SendRefused, "")
	}
	if why != nil {
		if tc.Err() != nil {
			return nil, why
		}
		return nil, s.refuse(tc, to.SendRefused, aura.Reason(why))
	}
	var salt [16]byte
	s.env.Entropy.Read(salt[:])
	b, err := fact.Marshal(enrol.Compare{Salt: salt})
	if err != nil {
		return nil, err
	}
	plan := func(d *directory.State, by domain.Caller) (guard.Request, error) {
		return enrol.Claim(d.Enrolments, by, code, keys, salt)
	}
	next, err := step(tc, s, p, plan, func(tc task.Context) (enrolment.SponsorS4[task.Context], error) {
		return to.SendCompare(tc, enrolment.Compare{Payload: b})
	})
	if kind := aura.KindOf(err); kind == aura.Conflict || kind == aura.Denied {
		return nil, s.refuse(tc, to.SendRefused, aura.Reason(err)) // another device was faster
	}
	return &next, err
}

// mayClaim returns the line that a device may claim, or why it may not.
func (s *Sponsor) mayClaim(tc task.Context, p *session.Port, id enrol.ID, keys *enrol.Keys) (enrol.Code, error) {
	code, err := s.code(id)
	if err != nil {
		return code, err
	}
	static, link := keys.Agreement, [32]byte{}
	if enrol.SessionOf(id, static) != p.Session().Name { // it is made of the key that the channel proved
		static = [32]byte{}
	}
	copy(link[:], p.Session().Argument)
	if err := keys.Check(id, s.env.Ring.Authority(), static, link); err != nil {
		return code, err
	}
	d := keys.Device()
	if err := s.mayList(tc, &d); err != nil {
		return code, err
	}
	by := s.env.Caller(tc, aura.OperationID{})
	s.env.Directory.Read(func(d *directory.State) { err = enrol.MayClaim(d.Enrolments, by, code) })
	return code, err
}

// answer waits for the person's word.
func (s *Sponsor) answer(tc task.Context, id enrol.ID) (enrol.Phase, error) {
	wake := task.NewWake()
	s.env.Directory.OnChange(s.Name(), wake)
	defer s.env.Directory.Forget(wake)
	for {
		var e enrol.Enrolment
		now := tc.Now()
		s.env.Directory.Read(func(d *directory.State) { e, _ = d.Enrolments.Enrolment(id, now) })
		if e.Phase != enrol.PhaseClaimed {
			return e.Phase, nil
		}
		if _, err := wake.WaitUntil(tc, tc.Elapsed()+duePause); err != nil {
			return 0, err
		}
	}
}

// reason returns why an enrolment has ended.
func (s *Sponsor) reason(tc task.Context, id enrol.ID) (why string) {
	now := tc.Now()
	s.env.Directory.Read(func(d *directory.State) {
		e, _ := d.Enrolments.Enrolment(id, now)
		why = e.Reason
	})
	return why
}

// admit lists the device: the entry and what the two need to meet are durable before the message with it leaves. It returns nil when the
// account cannot list the device, and has told it why.
func (s *Sponsor) admit(tc task.Context, p *session.Port, to enrolment.SponsorS4[task.Context], id enrol.ID, keys enrol.Keys) (*enrolment.SponsorS5[task.Context], error) {
	d := keys.Device()
	if _, again := p.Sent(); again {
		next, err := to.SendListed(tc, enrolment.Listed{})
		return &next, err
	}
	var next enrolment.SponsorS5[task.Context]
	err := s.awaitDisk(tc, func(tc task.Context) error {
		if err := s.mayList(tc, &d); err != nil {
			return err
		}
		return s.list(tc, d, func(tc task.Context, entries []roster.Entry) (err error) {
			next, err = s.commit(tc, p, to, id, &d, keys.Addresses, entries)
			return err
		})
	})
	if err == nil {
		return &next, nil
	}
	if kind := aura.KindOf(err); kind == aura.Cancelled || kind == aura.Timeout || kind == aura.Stale || tc.Err() != nil {
		return nil, err
	}
	// The obstacle does not pass while two devices wait: too much of a budget is spent, or the roster changed.
	why := aura.Reason(err)
	end := s.end(tc, id, why)
	return nil, errors.Join(end, s.refuse(tc, to.SendRefused, why))
}

// commit sends the listing with the facts that make it so.
func (s *Sponsor) commit(
	tc task.Context, p *session.Port, to enrolment.SponsorS4[task.Context], id enrol.ID, d *roster.Device, at []string, entries []roster.Entry,
) (next enrolment.SponsorS5[task.Context], err error) {
	entry := &entries[len(entries)-1]
	cert, err := s.env.Ring.Vouch(d)
	if err != nil {
		return next, err
	}
	secret, err := s.introduction()
	if err != nil {
		return next, err
	}
	encoded, err := entry.Encode()
	if err != nil {
		return next, err
	}
	b, err := fact.Marshal(enrol.Listing{
		Certificate: cert.Encode(), Entry: encoded, Secret: secret, Addresses: s.env.Addresses(), Device: s.env.Ring.Certificate().Signing,
	})
	if err != nil {
		return next, err
	}
	announced, err := roster.Announce(entries)
	if err != nil {
		return next, err
	}
	meta, err := s.meeting(secret, d, at)
	if err != nil {
		return next, err
	}
	plan := func(state *directory.State, by domain.Caller) (guard.Request, error) {
		var drafts []fact.Draft
		for _, part := range announced {
			adopts, err := device.Adopt(state.Devices, by, part)
			if err != nil {
				return guard.Request{}, err
			}
			drafts = append(drafts, adopts.Entries...)
		}
		return enrol.List(state.Enrolments, by, id, drafts, meta)
	}
	return step(tc, s, p, plan, func(tc task.Context) (enrolment.SponsorS5[task.Context], error) {
		return to.SendListed(tc, enrolment.Listed{Payload: b})
	})
}

// tell gives the listed device what the account knows, piece by piece as it asks, until it has joined.
func (s *Sponsor) tell(tc task.Context, p *session.Port, to enrolment.SponsorS5[task.Context], id enrol.ID) error {
	for {
		heard, err := to.Receive(tc)
		if err != nil {
			return err
		}
		switch heard := heard.(type) {
		case enrolment.SponsorS5Next[task.Context]:
			var b []byte
			if _, again := p.Sent(); !again {
				err = s.awaitDisk(tc, func(tc task.Context) (err error) {
					b, err = s.pieceFor(tc, id, heard.Message.Payload)
					return err
				})
				if err != nil {
					return err
				}
			}
			err = s.insist(tc, func(tc task.Context) (err error) {
				to, err = heard.Next.SendPiece(tc, enrolment.Piece{Payload: b})
				return err
			})
			if err != nil {
				return err
			}
		case enrolment.SponsorS5Joined[task.Context]:
			complete := func(d *directory.State, by domain.Caller) (guard.Request, error) {
				return enrol.Complete(d.Enrolments, by, id)
			}
			_, err := step(tc, s, p, complete, func(tc task.Context) (enrolment.SponsorEnd[task.Context], error) {
				return heard.Next.SendCompleted(tc, enrolment.Completed{})
			})
			return err
		case enrolment.SponsorS5Rejected[task.Context]:
			var no enrol.Refusal
			_ = fact.Unmarshal(heard.Message.Payload, &no) // without a reason it is one all the same
			return s.end(tc, id, "the new device refused: "+no.Text())
		}
	}
}

// end says that a device does not join.
func (s *Sponsor) end(tc task.Context, id enrol.ID, why string) error {
	return s.settle(tc, func(d *directory.State, by domain.Caller) (guard.Request, error) {
		return enrol.End(d.Enrolments, by, id, why)
	})
}

// settle makes one change of enrolments while no handler makes another. One that was made before is none.
func (s *Sponsor) settle(tc task.Context, handler func(*directory.State, domain.Caller) (guard.Request, error)) error {
	err := s.insist(tc, func(tc task.Context) error {
		if err := s.exclusion.Acquire(tc); err != nil {
			return err
		}
		defer s.exclusion.Release()
		_, err := s.env.plan(tc, func(d *directory.State) (guard.Request, error) {
			return handler(d, s.env.Caller(tc, aura.OperationID{}))
		})
		return err
	})
	if aura.KindOf(err) == aura.Conflict {
		return nil
	}
	return err
}

// refuse tells the device why it does not join.
func (s *Sponsor) refuse(tc task.Context, send func(task.Context, enrolment.Refused) (enrolment.SponsorEnd[task.Context], error), why string) error {
	b, err := fact.Marshal(enrol.NewRefusal(why))
	if err != nil {
		return err
	}
	return s.insist(tc, func(tc task.Context) error {
		_, err := send(tc, enrolment.Refused{Payload: b})
		return err
	})
}

// step sends a message with the facts of a plan, while no handler makes another change of enrolments.
func step[T any](
	tc task.Context, s *Sponsor, p *session.Port, plan func(*directory.State, domain.Caller) (guard.Request, error), send func(task.Context) (T, error),
) (next T, err error) {
	err = s.insist(tc, func(tc task.Context) error {
		if err := s.exclusion.Acquire(tc); err != nil {
			return err
		}
		defer s.exclusion.Release()
		p.With(func(tc task.Context) (guard.Request, error) {
			return s.env.Directory.Plan(func(d *directory.State) (guard.Request, error) { return plan(d, s.env.Caller(tc, aura.OperationID{})) })
		})
		next, err = send(tc)
		return err
	})
	return next, err
}

// insist tries again while the guard or the disk is in the way, as that of [Invite] does.
func (s *Sponsor) insist(tc task.Context, do func(task.Context) error) error {
	return insist(tc, s.env.Entropy, func(err error) bool {
		tc.Emit(world.ServiceTroubled(s.Name(), "a step of an enrolment tried again", "", err))
		return true
	}, do)
}

// awaitDisk tries again while the disk is in the way, and returns every other error at once: the caller tells the device of it.
func (s *Sponsor) awaitDisk(tc task.Context, do func(task.Context) error) error {
	var failed error
	err := s.insist(tc, func(tc task.Context) error {
		if failed = do(tc); aura.KindOf(failed) == aura.Unavailable {
			return failed
		}
		return nil
	})
	if err != nil {
		return err
	}
	return failed
}
