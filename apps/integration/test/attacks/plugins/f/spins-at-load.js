export const handle = () => 'never';

for (;;);
