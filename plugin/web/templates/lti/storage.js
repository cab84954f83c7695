/* LTI Platform Storage 1.0: one message to the platform's frame, one answer from its origin. */
function storage(frame, origin, message, done) {
  var id = 'microcred-' + Math.random().toString(36).slice(2)
  window.addEventListener('message', function (event) {
    var answer = event.data
    if (event.origin !== origin || !answer || answer.message_id !== id || answer.error) return
    if (answer.subject === message.subject + '.response') done(answer.value)
  })
  var above = window.parent !== window ? window.parent : window.opener
  var target = above
  try { if (frame !== '_parent' && above.frames[frame]) target = above.frames[frame] } catch (blocked) {}
  message.message_id = id
  if (target) target.postMessage(message, origin)
}
