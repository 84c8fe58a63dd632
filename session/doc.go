// Package session runs the choreographies of an agent: it keeps the one protocol machine, lets programs play the
// roles of sessions, and takes each of their messages through guard and journal before it leaves.
//
// Start with [NewRegistry], which knows the protocols and the programs of their roles, [NewEngine], which is a
// service, and [Engine.Open]. A program is a function that plays one role through a [Port]:
//
//	registry.Play("aura.invitation.exchange", "Inviter", func(tc task.Context, p *session.Port) error {
//		label, payload, err := p.Receive(tc, "Accepter")
//		...
//		p.With(facts) // committed together with the next message
//		return p.Send(tc, "Accepter", "Answer", answer)
//	})
//
// What enters are openings, the steps of programs, and messages of peers ([Engine.Deliver]). What leaves are messages,
// each after the guard allowed it and its charge, its facts and its place in the session's recording are durable in
// one batch. The engine refuses a message of another session, out of its order, or of a peer that does not play its sender, and
// the session goes on as if it had not come.
//
// # Recordings
//
// A persistent session is its recording: a device-local log of the journal with the opening, the messages that
// were sent and those that came, in their order. [Engine.Start] replays the sessions that have not ended. Then each program
// runs again from its beginning. The port gives it the messages that it had received, and passes over those that it had
// sent, so it must choose the same again up to where it stood, or ask [Port.Sent]. A program that may go on for long saves what it
// needs, see [Port.Save]: it begins with that, and the recording with a checkpoint.
package session
