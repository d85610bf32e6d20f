/** Queues follow the resource that they ration: tokens and requests, or connections to the mail servers. */
export type QueueName = 'model' | 'mailbox'
export const queueNames: readonly QueueName[] = ['model', 'mailbox']
