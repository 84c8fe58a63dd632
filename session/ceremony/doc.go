// Package ceremony has the programs of sessions in which several agents take part: the coordination that begins and ends them,
// agreement on an operation, and the change to another version of a protocol.
//
// Start with [New] and [Ceremonies.Play]. Then [Ceremonies.Convene] begins a session for all of its participants or for none,
// [Ceremonies.Agree] has witnesses sign an operation, and [Ceremonies.Upgrade] moves devices to another version of a
// protocol.
//
// What enters are operations of the own agent, and the messages of peers that their sessions admit. What leaves are messages and
// facts, through the engine's guard. A peer's invite is refused, with a reason, when it contradicts itself, its
// sender or the protocols of this agent.
package ceremony
